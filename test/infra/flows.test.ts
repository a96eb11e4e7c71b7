import { describe, expect, it } from "vitest";
import { catalog } from "../../functions/catalog.ts";
import * as errors from "../../functions/runtime/errors.ts";
import { flows } from "../../infra/aws/state-machines.ts";
import { type Definition, type State, statesOf } from "../../infra/local/step-functions/definition.ts";

/** The state machines of this project hold to what the functions are, state by state. */

type Named = [where: string, state: State];

const states: Named[] = flows().flatMap(({ name, definition }) =>
  [...statesOf(definition as Definition)].map(([state, value]): Named => [`${name} ${state}`, value]),
);
const tasks = states.filter(([, { Type }]) => Type === "Task");

/** Names of our error classes. */
const own = Object.values(errors).flatMap((each) => {
  if (typeof each !== "function" || !(each.prototype instanceof errors.StablehandError)) return [];
  return [new (each as new (message: string) => Error)("").name];
});

describe("the flows", () => {
  it("are there, with their tasks", () => {
    expect(flows().map(({ name }) => name)).toContain("weekly-deployment");
    expect(tasks.length).toBeGreaterThan(20);
    expect(own).toContain("StableMoved");
  });

  it.each(states)("%s has a comment", (_, { Comment }) => {
    expect(Comment).toMatch(/\w.{10,}/);
  });

  it.each(tasks)(
    "%s is served by a function of the catalog that ends before the state does",
    (where, state) => {
      const name = functionOf(state);
      const entry = catalog[name];
      expect(entry, `${name} is not in the catalog`).toBeDefined();
      expect(entry?.states).toContain(where.split(" ")[1]);
      expect(entry?.timeoutSeconds).toBeLessThan(state.TimeoutSeconds ?? 0);
    },
  );

  it("have every state that the catalog lists, and no step is left unused", () => {
    const listed = Object.values(catalog).flatMap((entry) => entry.states);
    expect([...listed].sort()).toEqual(tasks.map(([where]) => where.split(" ")[1]).sort());
  });
});

describe("the errors that the flows name", () => {
  const named = states.flatMap(([where, { Retry = [], Catch = [] }]) =>
    [...Retry, ...Catch].flatMap((each) => each.ErrorEquals.map((error) => [error, where] as const)),
  );

  it("are classes of ours or names of the platforms", () => {
    const known = [...own, ...errors.platformErrors];
    expect(named.filter(([error]) => !known.includes(error))).toEqual([]);
  });

  it("of the platforms are all listed, and none is listed in vain", () => {
    const used = new Set(named.map(([error]) => error));
    expect(errors.platformErrors.filter((error) => !used.has(error))).toEqual([]);
  });

  it.each(tasks)("of a limit are outlived by %s: a limit of GitHub's lasts an hour", (_, { Retry = [] }) => {
    for (const retrier of Retry.filter(({ ErrorEquals }) => ErrorEquals.includes("RateLimited"))) {
      const { IntervalSeconds = 1, BackoffRate = 2, MaxAttempts = 3 } = retrier;
      const waited = Array.from(
        { length: MaxAttempts },
        (_, attempt) => IntervalSeconds * BackoffRate ** attempt,
      );
      expect(waited.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(3600);
    }
  });

  it("of a process that died are tried again by every step", () => {
    const retried = (state: State) => (state.Retry ?? []).flatMap((each) => each.ErrorEquals);
    expect(
      tasks.filter(([, state]) => !retried(state).includes("Runtime.ExitError")).map(([where]) => where),
    ).toEqual([]);
  });

  it("are tried again exactly where the metrics say so", () => {
    const retried = new Set(
      states.flatMap(([, { Retry = [] }]) => Retry.flatMap((each) => each.ErrorEquals)),
    );
    const classes = Object.values(errors).filter(
      (each) => typeof each === "function" && each.prototype instanceof errors.StablehandError,
    ) as (new (
      message: string,
    ) => Error)[];
    for (const each of classes) {
      const error = new each("");
      expect([error.name, errors.isRetryable(error)]).toEqual([error.name, retried.has(error.name)]);
    }
  });
});

function functionOf({ Parameters }: State): string {
  const { FunctionName } = Parameters as { FunctionName: string };
  return FunctionName.slice(2, -1);
}
