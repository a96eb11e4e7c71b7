import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { NewSignal } from "../../../functions/store/waits.ts";
import { useDynamoDB } from "../../support/dynamodb.ts";
import { Turns } from "./turns.ts";
import { hookInto, type WaitSpec, WaitWorld } from "./wait-world.ts";

const table = useDynamoDB();
beforeAll(() => hookInto(table()));

/** Another DynamoDB (test/peers) answers many times slower: it gets a third of the samples. */
const elsewhere = process.env.PEERS_DYNAMODB !== undefined;
const samples = (count: number) => (elsewhere ? Math.ceil(count / 3) : count);
/** Many real requests; a few seconds each on a free machine. */
const timeout = elsewhere ? 400_000 : 120_000;

/** The newest workflow run before the move: only later ones satisfy. */
const before = 100;
const after = { laterThan: { run: before, attempt: 1 } };

/** One wait with one key; one with two; and one of each that share a key. */
const worlds: WaitSpec[][] = [
  [{ name: "one key", keys: ["a"], after }],
  [{ name: "two keys", keys: ["a", "b"], after }],
  [
    { name: "one key", keys: ["a"], after },
    { name: "two keys", keys: ["a", "b"], after },
  ],
];
const specs = fc.constantFrom(...worlds);

/** Few ids, so that the same signal often comes twice. */
const satisfying = fc.record({ key: fc.constantFrom("a", "b"), attempt: fc.integer({ min: 2, max: 4 }) });
const goodSignal = satisfying.map(({ key, attempt }) => signalOf(key, before, attempt));
const lateSignal = fc.constantFrom("a", "b").map((key) => signalOf(key, before - 1, 9));
/** The receivers' clocks differ by up to a minute. */
const skew = fc.integer({ min: -60, max: 60 });

function signalOf(key: string, runId: number, attempt: number): NewSignal {
  return { key, id: `run/${runId}/${attempt}`, origin: "signal", body: { runId, attempt } };
}

const death = fc.option(fc.integer({ min: 1, max: 6 }), { nil: null, freq: 2 });

type Command =
  | { kind: "enter"; wait: number; diesAfter: number | null }
  | { kind: "signal"; signal: NewSignal; skew: number; diesAfter: number | null }
  | { kind: "timeOut"; wait: number };

const enter: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant("enter" as const),
  wait: fc.nat(1),
  diesAfter: death,
});
const send: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant("signal" as const),
  signal: fc.oneof({ weight: 4, arbitrary: goodSignal }, { weight: 1, arbitrary: lateSignal }),
  skew,
  diesAfter: death,
});
const timeOut: fc.Arbitrary<Command> = fc.record({ kind: fc.constant("timeOut" as const), wait: fc.nat(1) });
const commands = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: enter },
    { weight: 4, arbitrary: send },
    { weight: 1, arbitrary: timeOut },
  ),
  { minLength: 1, maxLength: 8 },
);

function specOf(specs: WaitSpec[], index: number): WaitSpec {
  return specs[index % specs.length] as WaitSpec;
}

/** A signal whose receiver's clock is `seconds` off. */
function skewed(signal: NewSignal, seconds: number): NewSignal {
  const receivedAt = new Date(Date.parse("2026-11-23T12:00:00Z") + seconds * 1000).toISOString();
  return { ...signal, receivedAt };
}

/** Every signal that is due resumed its wait exactly once, and nothing else did. */
function expectEachOnce(world: WaitWorld, specs: WaitSpec[]): void {
  for (const spec of specs) {
    expect(world.usedBy(spec).toSorted(), spec.name).toEqual(world.due(spec).toSorted());
  }
  const tokens = world.resumed.map((each) => each.token);
  expect(new Set(tokens).size).toBe(tokens.length);
}

describe("one after another", () => {
  test(
    "in every order, with deaths after every write: each signal resumes once, none is lost",
    async () => {
      await fc.assert(
        fc.asyncProperty(specs, commands, async (specs, commands) => {
          const world = new WaitWorld(table());
          for (const command of commands) {
            if (command.kind === "timeOut") {
              world.timeOut(specOf(specs, command.wait));
              continue;
            }
            const lived =
              command.kind === "enter"
                ? await world.enter(specOf(specs, command.wait), command.diesAfter)
                : await world.signal(skewed(command.signal, command.skew), command.diesAfter);
            const looked =
              command.kind === "enter"
                ? [specOf(specs, command.wait)]
                : specs.filter((each) => each.keys.includes(command.signal.key));
            // Whoever lived has looked: nobody who can be resumed is left with a signal there.
            for (const spec of looked) {
              if (lived && world.isLive(spec)) expect(world.unused(spec)).toEqual([]);
            }
          }
          for (const spec of specs) await world.drain(spec);
          expectEachOnce(world, specs);
        }),
        { numRuns: samples(120) },
      );
    },
    timeout,
  );
});

describe("at the same time", () => {
  const bursts = fc.array(fc.record({ actor: fc.nat(5), steps: fc.integer({ min: 1, max: 12 }) }), {
    maxLength: 12,
  });
  const signals = fc.array(fc.record({ signal: goodSignal, skew }), { minLength: 1, maxLength: 4 });

  test(
    "a register and a signal, with every two switches between them: the signal resumes the state",
    async () => {
      const [spec] = worlds[1] as [WaitSpec];
      const signal = signalOf("b", before, 2);
      const most = 10;
      for (let order = 0; order < 2 * most * most; order += 1) {
        const first = order % 2;
        const steps = Math.floor(order / 2);
        const turns = new Turns([
          { actor: first, steps: steps % most },
          { actor: 1 - first, steps: 1 + Math.floor(steps / most) },
          { actor: first, steps: 100 },
        ]);
        const world = new WaitWorld(table(), turns.turn);
        await turns.run([() => world.enter(spec), () => world.signal(signal)]);
        expect(world.usedBy(spec), `order ${order}`).toEqual([signal.id]);
      }
    },
    timeout,
  );

  test(
    "in any order of steps: no signal is passed over, each resumes once",
    async () => {
      const rounds = fc.integer({ min: 1, max: 3 });
      await fc.assert(
        fc.asyncProperty(specs, signals, rounds, bursts, async (specs, signals, rounds, bursts) => {
          const turns = new Turns(bursts);
          const world = new WaitWorld(table(), turns.turn);
          const flows = specs.map((spec) => async () => {
            for (let round = 0; round < rounds; round += 1) {
              await world.enter(spec);
              // Entered again when its time is up, or what resumed it was dealt with: at any time.
              await turns.turn(async () => {});
            }
          });
          const senders = signals.map((each) => () => world.signal(skewed(each.signal, each.skew)));
          await turns.run([...flows, ...senders]);
          for (const spec of specs) {
            if (world.isLive(spec)) expect(world.unused(spec), spec.name).toEqual([]);
          }
          await turns.run([() => drainAll(world, specs)]);
          expectEachOnce(world, specs);
        }),
        { numRuns: samples(120) },
      );
    },
    timeout,
  );

  test(
    "with deaths after every write: the next register finds what is left, and each resumes once",
    async () => {
      const deaths = fc.array(death, { minLength: 1, maxLength: 3 });
      const mortal = fc.array(fc.record({ signal: goodSignal, skew, diesAfter: death }), {
        minLength: 1,
        maxLength: 4,
      });
      await fc.assert(
        fc.asyncProperty(specs, mortal, deaths, bursts, async (specs, signals, deaths, bursts) => {
          const turns = new Turns(bursts);
          const world = new WaitWorld(table(), turns.turn);
          const flows = specs.map((spec) => async () => {
            for (const diesAfter of deaths) {
              await world.enter(spec, diesAfter);
              await turns.turn(async () => {});
            }
          });
          const senders = signals.map(
            (each) => () => world.signal(skewed(each.signal, each.skew), each.diesAfter),
          );
          await turns.run([...flows, ...senders]);
          await turns.run([() => drainAll(world, specs)]);
          expectEachOnce(world, specs);
        }),
        { numRuns: samples(90) },
      );
    },
    timeout,
  );

  async function drainAll(world: WaitWorld, specs: WaitSpec[]): Promise<void> {
    for (const spec of specs) await world.drain(spec);
  }
});
