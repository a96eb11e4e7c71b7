import { afterEach, expect, test } from "vitest";
import { productionStreams } from "../../functions/steps/production-streams.ts";
import { ledger } from "../../functions/store/ledger.ts";
import { lock } from "../../functions/store/lock.ts";
import { runs } from "../../functions/store/runs.ts";
import { answerByLink } from "../../infra/local/approver.ts";
import { rollbackCommand } from "../../infra/rollback-command.ts";
import { startTestSystem, type TestSystem } from "../support/local-system.ts";

let system: TestSystem;
afterEach(async () => await system.close());

async function command(...argv: string[]) {
  let out = "";
  let error = "";
  const code = await rollbackCommand(argv, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
  });
  return { code, out, error };
}

const ada = ["--as", "ada-packit"];

test("a person takes back what a finished run brought, and the next run builds it anew", async () => {
  system = await startTestSystem();
  const before = await productionStreams();
  const weekly = await system.start();
  await answerByLink(await system.link("ada-packit"), "approve");
  expect(await system.ended(weekly)).toBe("SUCCEEDED");
  const after = await productionStreams();

  expect(await command("start", ...ada)).toMatchObject({
    code: 2,
    error: expect.stringMatching(/database migration of packit-service.*Take --except-migrated/),
  });
  expect(await command("start", "--except-migrated", "--as", "dana-packit")).toMatchObject({
    code: 1,
    out: expect.stringMatching(/Only approvers can do this/),
  });
  const started = await command("start", "--except-migrated", "--reason", "workers are slow", ...ada);
  const [rollback = ""] = started.out.split(" ");
  expect(started.code).toBe(0);
  await system.entered(rollback, "RollbackEnded");

  expect(await productionStreams()).toEqual({
    ...after,
    "packit-worker": before["packit-worker"],
    "packit-dashboard": before["packit-dashboard"],
  });
  expect(await runs().get(rollback)).toMatchObject({ kind: "rollback", status: "finished" });
  expect(await runs().get(weekly.run)).toMatchObject({
    status: "rolledBack",
    reason: `taken back by ${rollback}`,
  });
  expect(await lock().holder()).toBeNull();
  expect((await ledger().pins()).map(({ stream }) => stream)).toEqual(["packit-dashboard", "packit-worker"]);

  const next = await system.start();
  await system.entered(next.run, "AskApproval");
  const plan = await runs().plan(next.run, 1);
  expect(plan?.pins?.map(({ stream }) => stream)).toEqual(["packit-dashboard", "packit-worker"]);
  expect(plan?.repositories.find(({ name }) => name === "packit-service")?.action).toBe("rebuild");
  const texts = (await system.world.slack.messages(system.config.slack.channel)).map(({ text }) => text);
  expect(texts).toContainEqual(
    expect.stringMatching(/the last deployment, weekly-2026-11-23 .*was rolled back/),
  );
});

test("beside a run that is under way nothing is taken back", async () => {
  system = await startTestSystem();
  const weekly = await system.start();
  await answerByLink(await system.link("ada-packit"), "approve");
  await system.entered(weekly.run, "Promote");

  const started = await command("start", weekly.run, "--despite-migration", ...ada);
  const [rollback = ""] = started.out.split(" ");
  await system.entered(rollback, "RollbackEnded");

  expect(await runs().get(rollback)).toMatchObject({
    status: "skipped",
    reason: expect.stringMatching(/weekly-2026-11-23 is under way .* and holds the lock/),
  });
  expect(await ledger().pins()).toEqual([]);
  expect(await system.ended(weekly)).toBe("SUCCEEDED");
});

test("what a rollback left is shown, and a digest cleared once", async () => {
  system = await startTestSystem();
  expect((await command("pinned")).out).toBe("No image stream is pinned.\nNothing is in quarantine.\n");
  const digest = `sha256:${"a".repeat(64)}`;
  const of = { run: "weekly-2026-11-16", at: "2026-11-16T12:00:00Z" };
  await ledger().setPin({
    stream: "packit-worker",
    image: "packit-worker",
    digest,
    instead: "sha256:b",
    ...of,
  });
  await ledger().setQuarantined({ digest, image: "packit-worker", ...of });

  expect((await command("pinned")).out).toMatch(/packit-worker {2}sha256:a+ {2}since weekly-2026-11-16/);
  expect(await command("clear", digest, ...ada)).toMatchObject({ code: 0 });
  expect(await command("clear", digest, ...ada)).toMatchObject({ code: 1 });
  expect(await ledger().quarantine()).toEqual([]);
  expect((await runs().events(of.run)).map(({ code }) => code)).toEqual(["quarantine.cleared"]);
});

test.each([
  [["undo"], /There is no command "undo"/],
  [["clear", "sha256:abc", "--as", "ada-packit"], /clear takes a whole digest/],
  [["pinned", "--reason", "x"], /go with start/],
  [["start", "--except-migrated", "--despite-migration"], /exclude each other/],
  [["start", "weekly-1", "weekly-2"], /takes no more than one word/],
])("%j is refused", async (argv, message) => {
  system = await startTestSystem();
  expect(await command(...argv)).toMatchObject({ code: 2, error: expect.stringMatching(message) });
});
