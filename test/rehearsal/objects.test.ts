import { afterEach, describe, expect, test } from "vitest";
import { approvalActions } from "../../functions/domain/messages.ts";
import { rememberApprovedObjects } from "../../functions/steps/objects-commit.ts";
import { ledger } from "../../functions/store/ledger.ts";
import { objects } from "../../functions/store/objects.ts";
import { questions } from "../../functions/store/questions.ts";
import { runs } from "../../functions/store/runs.ts";
import { startTestSystem, type TestSystem } from "../support/local-system.ts";

/** Kubernetes objects in a run, with nothing that goes wrong. */

const patience = { timeout: 240_000 };

let system: TestSystem | null = null;
afterEach(async () => {
  await system?.close();
  system = null;
});

/** A run whose approval was asked for in Slack. */
async function asked() {
  const started = await startTestSystem({ speed: 4000 });
  system = started;
  const run = await started.start();
  await started.link("ada-packit");
  const plan = await objects().plan(run.run);
  if (!plan) throw new Error("the run has no plan for the objects");
  return { started, run, plan };
}

const builds = (of: TestSystem) => of.codebuild.builds().filter(({ project }) => project === "apply-objects");

test(
  "the first time nothing is known, and an approver applies them by a button in Slack",
  patience,
  async () => {
    const { started, run, plan } = await asked();
    expect(plan).toMatchObject({ applied: null, compared: false, vault: { since: "first", added: [] } });
    const { slack, deployment } = started.world;
    const message = (await slack.messages(slack.channelId)).find((each) =>
      JSON.stringify(each).includes(approvalActions.approveOther),
    );
    expect(JSON.stringify(message)).toContain("nothing is known of what was applied before");
    expect(JSON.stringify(message)).toContain("Approve with objects");
    await slack.press({
      userId: "U00000BEN",
      channel: slack.channelId,
      ts: message?.ts ?? "",
      actionId: approvalActions.approveOther,
    });

    expect(await started.ended(run)).toBe("SUCCEEDED");
    expect(await runs().decision(run.run, "approval-1")).toMatchObject({ by: "ben-packit", objects: true });
    expect(await deployment?.applied()).toEqual([plan.commit]);
    expect(await ledger().appliedObjects()).toMatchObject({
      commit: plan.commit,
      run: run.run,
      vault: { digest: plan.vault?.digest, lines: plan.vault?.lines },
    });
    const told = JSON.stringify(await slack.messages(slack.channelId));
    expect(told).toContain("The Kubernetes objects are applied.");
    expect(told).toContain("*Kubernetes objects* · applied");
  },
);

describe("the step that applies objects", () => {
  test("starts one build, however often it runs", patience, async () => {
    const { started, run, plan } = await asked();
    await rememberApprovedObjects(run.run, plan);
    await Promise.all([1, 2, 3].map(() => started.invoke("ApplyObjects", { run: run.run })));
    await started.invoke("ApplyObjects", { run: run.run });
    expect(builds(started)).toHaveLength(1);
  });

  test("starts none while an image stream is pinned", patience, async () => {
    const { started, run, plan } = await asked();
    await rememberApprovedObjects(run.run, plan);
    await ledger().setPin({
      stream: "packit-worker",
      image: "packit-worker",
      digest: "sha256:1",
      instead: "sha256:2",
      run: "weekly-2026-11-16",
      at: "2026-11-16T14:00:00Z",
    });
    const applying = started.invoke("ApplyObjects", { run: run.run });
    await expect(applying).rejects.toMatchObject({
      name: "ObjectsPinned",
      message: expect.stringContaining("packit-worker (by weekly-2026-11-16)"),
    });
    expect(builds(started)).toEqual([]);
  });

  test(
    "binds an answer to the commit that its question showed, and asks again after another push",
    patience,
    async () => {
      const { started, run, plan } = await asked();
      const apply = async () => await started.invoke("ApplyObjects", { run: run.run });
      const push = async (name: string) =>
        await started.world.github.commitAsPerson("deployment", "main", {
          message: `Add ${name}`,
          author: "cleo-packit",
          date: "2026-11-23T12:30:00Z",
          files: { [`openshift/${name}.yml.j2`]: "kind: Route\n" },
        });
      await rememberApprovedObjects(run.run, plan);
      const first = await push("one");
      await expect(apply()).rejects.toMatchObject({
        name: "ObjectsMoved",
        message: expect.stringContaining("one"),
      });
      // Run again before anybody was asked, it offers the same, although the branch has moved on.
      const second = await push("two");
      await expect(apply()).rejects.toMatchObject({
        name: "ObjectsMoved",
        message: expect.stringContaining(first.slice(0, 7)),
      });
      await answerRetry(run.run, "ApplyObjects-1");
      await expect(apply()).rejects.toMatchObject({
        name: "ObjectsMoved",
        message: expect.stringContaining(second.slice(0, 7)),
      });
      expect(builds(started)).toEqual([]);
      await answerRetry(run.run, "ApplyObjects-2");
      await apply();
      expect(builds(started)).toHaveLength(1);
    },
  );
});

async function answerRetry(run: string, question: string): Promise<void> {
  const at = new Date().toISOString();
  await questions().ask(run, {
    id: question,
    step: "ApplyObjects",
    repository: null,
    kind: "failed",
    error: "ObjectsMoved",
    reason: "",
    answers: [],
    askedAt: at,
    expiresAt: at,
  });
  await questions().answer(run, {
    question,
    answer: "retry",
    by: "ada-packit",
    at,
    via: "page",
    comment: null,
  });
  await runs().remember(run, `question-read/${question}`, true);
}
