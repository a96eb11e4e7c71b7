import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { keepDisk } from "../../infra/local/disk.ts";
import { startStepFunctions } from "../../infra/local/step-functions/index.ts";
import { startFaultyWorld } from "../support/faulty-world.ts";
import { testEngine, waitingTask } from "../support/step-functions.ts";

const channel = "C000PACKIT";
const room = "!packit:fedora.im";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "stablehand-killed-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("what is kept comes back as it was, what is not stays", () => {
  const state = folder();
  mkdirSync(join(state, "world"));
  writeFileSync(join(state, "world/quay.json"), "before");
  writeFileSync(join(state, "stablehand.log"), "a line\n");

  const disk = keepDisk(state);
  writeFileSync(join(state, "world/quay.json"), "after");
  writeFileSync(join(state, "world/new.json"), "after");
  writeFileSync(join(state, "step-functions.json"), "after");
  writeFileSync(join(state, "stablehand.log"), "two lines\n");
  disk.restore();

  expect(readFileSync(join(state, "world/quay.json"), "utf8")).toBe("before");
  expect(existsSync(join(state, "world/new.json"))).toBe(false);
  expect(existsSync(join(state, "step-functions.json"))).toBe(false);
  expect(readFileSync(join(state, "stablehand.log"), "utf8")).toBe("two lines\n");
});

test("an execution is known to the next process although this one is killed", async () => {
  const state = folder();
  const stateFile = join(state, "step-functions.json");
  const definition = { StartAt: "Wait", States: { Wait: waitingTask("wait") } };
  const { start, token } = await testEngine(definition, {}, { stateFile });
  const arn = await start({ run: "weekly" }, "weekly");
  await token("wait");
  const left = join(folder(), "step-functions.json");
  cpSync(stateFile, left);

  const next = await startStepFunctions({
    definitions: [{ name: "test", definition }],
    invoke: async () => ({}),
    speed: 1,
    stateFile: left,
  });
  onTestFinished(() => next.close());

  expect(next.abandoned).toMatchObject([{ arn, name: "weekly", status: "ABORTED" }]);
});

test("a world that is killed has lost nothing that it had answered, and goes on building", async () => {
  const state = folder();
  mkdirSync(join(state, "world"));
  const first = await startFaultyWorld([], { stateDir: join(state, "world"), speed: 300 });
  const sha = await first.move("dashboard");
  await vi.waitFor(async () => {
    const run = await first.github.newestWorkflowRun(
      "dashboard",
      ".github/workflows/build-and-push.yml",
      "stable",
    );
    expect(run).toMatchObject({ sha, status: "in_progress" });
  });
  await first.slack.postOnce({ channel, text: "Approve?", key: "run/approval-1" });
  await first.slack.setTopic(channel, "Redeploying");
  await first.slack.directMessage("U00000ADA", { text: "Your link", key: "run/approval-1/link" });
  await first.matrix.setTopic(room, "Redeploying");
  await first.matrix.send(room, { text: "Redeploying", key: "run/topic" });

  const disk = keepDisk(state);
  await first.slack.postOnce({ channel, text: "Too late", key: "run/closed" });
  await first.matrix.setTopic(room, "Too late");
  await first.close();
  disk.restore();
  const second = await startFaultyWorld([], { stateDir: join(state, "world") });

  const texts = (await second.world.slack.messages(channel)).map(({ text }) => text);
  expect(texts).toEqual(["Approve?", expect.stringContaining("Redeploying")]);
  const [direct] = await second.world.slack.directMessages("U00000ADA");
  expect(direct?.text).toBe("Your link");
  expect(await second.slack.topic(channel)).toBe("Redeploying");
  expect(await second.matrix.topic(room)).toBe("Redeploying");
  expect(second.world.matrix.messages().map(({ body }) => body)).toEqual(["Redeploying"]);
  await vi.waitFor(
    async () => {
      const { digest } = (await second.quay.tag("dashboard", "prod")) ?? {};
      expect(second.world.quay.contents(digest ?? "")).toEqual({ dashboard: sha });
    },
    { timeout: 10_000 },
  );
});
