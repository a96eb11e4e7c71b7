import { expect } from "vitest";
import type { FaultName } from "../../infra/local/faults.ts";
import { editedTopic } from "../../infra/local/world/people.ts";
import type { FaultRehearsal } from "./fault-rehearsal.ts";

/** What a person on duty wants of a run that has ended, whatever went wrong on the way. */
export function expectGoodEnd(rehearsal: FaultRehearsal, faults: readonly FaultName[]): void {
  expectEnded(rehearsal);
  expectTopicsBack(rehearsal);
  expectOnlyApprovedMoves(rehearsal);
  expectToldOnce(rehearsal);
  for (const fault of faults) {
    expect(
      rehearsal.report.faults.map((each) => each.name),
      "each fault found its occasion",
    ).toContain(fault);
  }
}

function expectEnded({ report }: FaultRehearsal): void {
  expect(report.run.status).not.toBe("running");
  expect(report.earlier.map((each) => each.status)).not.toContain("running");
  expect(report.lock).toBeNull();
  expect(report.states.filter((state) => state.endedAt === null)).toEqual([]);
  for (const { id, answer } of report.questions) expect(answer, `an answer to ${id}`).not.toBeNull();
}

function expectTopicsBack({ report }: FaultRehearsal): void {
  const edited = report.faults.some((each) => each.name === "topic-edited");
  const { slack, matrix } = report.topics;
  expect(slack.at(-1)).toBe(edited ? editedTopic : slack[0]);
  expect(matrix.at(-1)).toBe(matrix[0]);
  // Nobody's topic is set over: after a person's edit it is that one, or stands at the end of ours in the next run.
  const since = edited ? slack.slice(slack.indexOf(editedTopic)) : [];
  for (const topic of since) expect(topic).toContain(editedTopic);
}

/** Every stable branch is where it was, where it was approved to be, or where a person put it. */
function expectOnlyApprovedMoves({ report, before, approved, terminal }: FaultRehearsal): void {
  for (const [name, heads] of Object.entries(report.github)) {
    const start = before[name];
    expect(heads.main, `main of ${name}`).toBe(start?.main);
    const plan = approved?.repositories.find((each) => each.name === name);
    const allowed = [start?.stable, plan?.from, plan?.action === "move" ? plan.to : null];
    const byPerson = new RegExp(`somebody moves stable of ${name} to ([0-9a-f]{7})`).exec(terminal)?.[1];
    const isAllowed = allowed.includes(heads.stable) || heads.stable?.slice(0, 7) === byPerson;
    expect(isAllowed, `stable of ${name} is at ${heads.stable}`).toBe(true);
  }
}

/** One question, one start and one end a run. */
function expectToldOnce({ report }: FaultRehearsal): void {
  const runs = 1 + report.earlier.length;
  const started = report.slack.filter((text) => /the weekly deployment has started/.test(text));
  const ended = report.slack.filter((text) =>
    /the (?:weekly deployment|hotfix) \S+ (finished|was aborted|was rolled back|failed)/.test(text),
  );
  expect(started.length, "messages of a start").toBeLessThanOrEqual(runs);
  expect(ended, "messages of an end").toHaveLength(runs);
}

/** Everything that was approved and not left out is in production, from the commits that were approved. */
export function expectDeployed(rehearsal: FaultRehearsal): void {
  const { report, approved, deployed } = rehearsal;
  expect(report.run).toMatchObject({ status: "finished", decision: "approve" });
  expect(report.health).toMatchObject({ production: "ok" });
  expect(report.comparison).toMatchObject({ outcome: "healthy" });
  const stage = new Map(report.repositories.map((each) => [each.name, each.stage]));
  for (const plan of approved?.repositories ?? []) {
    const { name, action, to, from } = plan;
    if (action !== "move" && action !== "rebuild") continue;
    if (stage.get(name) === "leftOut") {
      expect(report.github[name]?.stable, `${name} was left out`).not.toBe(to);
      continue;
    }
    expect(stage.get(name), `stage of ${name}`).toBe("deployed");
    const { proof } = report.repositories.find((each) => each.name === name) ?? {};
    expect(Boolean(proof), `a proof of ${name}`).toBe(plan.buildsImages);
    for (const { image, broken } of proof ?? []) expect(broken, `the proof of ${image}`).toBeNull();
    expect(report.github[name]?.stable, `stable of ${name}`).toBe(action === "move" ? to : from);
  }
  expectImages(report, deployed);
  for (const [name, sha] of Object.entries(report.monorepo)) {
    expect(sha, `submodule ${name}`).toBe(report.github[name]?.stable);
  }
}

/** Streams hold what Quay's tag names, pods run it, and in it stand the stable commits. */
function expectImages(report: FaultRehearsal["report"], deployed: FaultRehearsal["deployed"]): void {
  const repositoryOf: Record<string, string> = { "packit-worker": "packit-service" };
  for (const [image, contents] of Object.entries(deployed)) {
    const repository = repositoryOf[image] ?? image;
    // Followed by no stream, or of a repository that is no longer deployed.
    if (contents === null) continue;
    expect(contents[repository], `the commit in ${image}`).toBe(report.github[repository]?.stable);
    if (contents.packit) {
      expect(report.github.packit?.stable?.slice(0, 7), `packit in ${image}`).toBe(contents.packit);
    }
  }
  const held = Object.values(report.openshift.streams);
  for (const pod of report.openshift.pods) {
    expect(pod.phase, pod.name).toBe("Running");
    for (const digest of pod.digests) expect(held, pod.name).toContain(digest);
  }
}

/**
 * The questions that a fault may lead to once the process was killed: which build it hits depends on how far the first
 * life came.
 */
export function maybeAsked(fault: FaultName): string[] {
  if (fault !== "build-fails" && fault !== "build-cancelled") return questionsOf[fault] ?? [];
  return ["dashboard", "packit-service", "packit-service-fedmsg"].map((name) => `ConfirmBuild/${name}-1`);
}

/** The questions that a fault leads to, in the small week. */
export const questionsOf: Partial<Record<FaultName, string[]>> = {
  "build-fails": ["ConfirmBuild/dashboard-1"],
  "build-cancelled": ["ConfirmBuild/packit-service-1"],
  "push-refused": ["MoveStable/dashboard-1"],
  // Trying again does not help, so the robot leaves it out at last.
  "stable-moved": [1, 2, 3].map((number) => `MoveStable/packit-service-fedmsg-${number}`),
  "copr-fails": ["AwaitDependencies/packit-service-1"],
  "matrix-no-power": ["AnnounceStart-1"],
};
