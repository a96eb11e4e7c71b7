import { describe, expect, it } from "vitest";
import { keyInWords } from "../../../functions/domain/key-words.ts";
import {
  decisionKey,
  dependenciesKey,
  githubRunKey,
  quayPushKey,
  stopKey,
  timeKey,
} from "../../../functions/domain/keys.ts";

describe("a key in words", () => {
  const run = "weekly-2026-11-23";
  const build = {
    owner: "packit",
    repository: "dashboard",
    branch: "release/stable",
    workflow: ".github/workflows/build.yml",
    sha: "a".repeat(40),
  };
  it.each([
    [githubRunKey(build), "the image build of dashboard (release/stable at aaaaaaa) on GitHub"],
    [
      quayPushKey({ namespace: "packit", image: "dashboard", tag: "prod" }),
      "the push of packit/dashboard:prod to Quay",
    ],
    [decisionKey(run, "MoveStable/packit-1"), "an answer to MoveStable/packit-1"],
    [dependenciesKey(run, "packit"), "the RPMs that packit needs, at Copr"],
    [stopKey(run), null],
    [timeKey(run, "2026-11-23T13:00:00.000Z"), null],
    ["codebuild/stablehand:1", "codebuild/stablehand:1"],
  ])("%s", (key, words) => {
    expect(keyInWords(key)).toBe(words);
  });
});
