import { describe, expect, it } from "vitest";
import {
  type BuildRun,
  confirmBuild,
  confirmPush,
  type PushEvidence,
  uniqueTagPrefix,
} from "../../../functions/domain/build-evidence.ts";

const sha = "0123456789abcdef0123456789abcdef01234567";

describe("confirmBuild", () => {
  const run: BuildRun = {
    id: 50,
    attempt: 1,
    status: "completed",
    conclusion: "success",
    branch: "stable",
    sha,
  };
  const later = { branch: "stable", sha, after: { laterThan: { run: 40, attempt: 1 } } };
  const exact = { branch: "stable", sha, after: { workflowRun: 50 } };

  it.each<[string, Partial<BuildRun>, string]>([
    ["a finished one", {}, "success"],
    ["a failed one", { conclusion: "failure" }, "failed"],
    ["a cancelled one", { conclusion: "cancelled" }, "failed"],
    ["a skipped one, which built nothing", { conclusion: "skipped" }, "failed"],
    ["a queued one", { status: "queued", conclusion: null }, "running"],
    ["a new attempt that runs", { attempt: 2, status: "in_progress", conclusion: null }, "running"],
    ["one of main", { branch: "main" }, "other"],
    ["one of another commit", { sha: "f".repeat(40) }, "other"],
  ])("tells %s", (_, change, expected) => {
    expect(confirmBuild({ ...run, ...change }, later)).toBe(expected);
    expect(confirmBuild({ ...run, ...change }, exact)).toBe(expected);
  });

  it.each([
    [39, 2, "other"],
    [40, 1, "other"],
    [40, 2, "success"],
    [41, 1, "success"],
  ])("counts run %i attempt %i after run 40 attempt 1 as %s", (id, attempt, expected) => {
    expect(confirmBuild({ ...run, id, attempt }, later)).toBe(expected);
  });

  it("counts only the dispatched run, and after a failure only a later attempt at it", () => {
    expect(confirmBuild({ ...run, id: 51 }, exact)).toBe("other");
    const again = { ...exact, after: { workflowRun: 50, laterThan: { run: 50, attempt: 1 } } };
    expect(confirmBuild(run, again)).toBe("other");
    expect(confirmBuild({ ...run, attempt: 2 }, again)).toBe("success");
  });

  it("knows no build where GitHub has none", () => {
    expect(confirmBuild(null, later)).toBe("other");
  });
});

describe("confirmPush", () => {
  const old = { digest: "sha256:old", startedAt: "2026-11-16T12:50:00Z" };
  const evidence: PushEvidence = {
    tagBefore: old,
    movedAt: "2026-11-23T12:10:00.500Z",
    tag: { name: "prod", digest: "sha256:new", startedAt: "2026-11-23T12:50:00Z" },
    uniqueTags: [
      { name: "stable-0123456-1763902000", digest: "sha256:new", startedAt: "2026-11-23T12:50:03Z" },
      { name: "stable-0123456-1763297400", digest: "sha256:old", startedAt: "2026-11-16T12:50:03Z" },
    ],
    uniqueTagPattern: "stable-{sha7}-{epoch}",
    sha,
  };
  const confirmed = (change: Partial<PushEvidence> = {}) => confirmPush({ ...evidence, ...change }).confirmed;

  it("is confirmed by a new tag and the unique tag of this commit with the same manifest", () => {
    expect(confirmPush(evidence)).toEqual({
      confirmed: true,
      why: "prod and stable-0123456-1763902000 name the same manifest",
    });
    expect(confirmed({ tagBefore: null })).toBe(true);
    expect(confirmed({ uniqueTags: [], uniqueTagPattern: null })).toBe(true);
  });

  it("is not confirmed while the tag is missing or the one from before", () => {
    expect(confirmed({ tag: null })).toBe(false);
    expect(confirmPush({ ...evidence, tag: { name: "prod", ...old } }).why).toBe(
      "prod still is the one from before the move",
    );
  });

  it("is not confirmed by a tag that was pushed between the look before and the move", () => {
    const tag = { name: "prod", digest: "sha256:other", startedAt: "2026-11-23T11:00:00Z" };
    expect(confirmed({ tag, uniqueTagPattern: null })).toBe(false);
  });

  it("bears clocks that differ by a little", () => {
    const tag = { name: "prod", digest: "sha256:new", startedAt: "2026-11-23T12:10:00Z" };
    expect(confirmed({ tag, uniqueTagPattern: null })).toBe(true);
  });

  it("tells a push within the same second by its manifest", () => {
    const tagBefore = { digest: "sha256:old", startedAt: "2026-11-23T12:50:00Z" };
    expect(confirmed({ tagBefore })).toBe(true);
    expect(confirmed({ tagBefore: { ...tagBefore, digest: "sha256:new" } })).toBe(false);
  });

  it("is not confirmed by somebody else's build: the unique tag names another manifest", () => {
    const tag = { name: "prod", digest: "sha256:foreign", startedAt: "2026-11-23T12:55:00Z" };
    expect(confirmPush({ ...evidence, tag })).toEqual({
      confirmed: false,
      why: "prod names another manifest than stable-0123456-1763902000",
    });
  });

  it("is not confirmed by going back to last week's image of the same commit", () => {
    const tag = { name: "prod", digest: "sha256:old", startedAt: "2026-11-23T12:55:00Z" };
    expect(confirmed({ tag })).toBe(false);
  });

  it("waits for the unique tag, and takes no other commit's or form's for it", () => {
    const now = { digest: "sha256:new", startedAt: "2026-11-23T12:50:03Z" };
    const uniqueTags = ["stable-0123456", "stable-0123456-x", "stable-fffffff-1", "xstable-0123456-1"].map(
      (name) => ({ name, ...now }),
    );
    expect(confirmed({ uniqueTags })).toBe(false);
    expect(confirmed({ uniqueTags, uniqueTagPattern: "stable-{sha7}" })).toBe(true);
    expect(confirmPush({ ...evidence, uniqueTags: [] }).why).toBe(
      "no new tag stable-0123456-… of this commit yet",
    );
  });
});

describe("uniqueTagPrefix", () => {
  it.each([
    ["stable-{sha7}-{epoch}", "stable-0123456-"],
    ["stable-{sha7}", "stable-0123456"],
    ["{epoch}-{sha7}", ""],
  ])("of %s is %j", (pattern, prefix) => {
    expect(uniqueTagPrefix(pattern, sha)).toBe(prefix);
  });
});
