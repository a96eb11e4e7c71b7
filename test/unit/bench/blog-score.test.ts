import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { selectionRules } from "../../../functions/post-draft.ts";
import { parseConfig } from "../../../functions/runtime/config.ts";
import { packit } from "../../../infra/config/packit.ts";
import { type PostData, type PublishedPost, readPostData } from "../../../infra/post-data.ts";
import { incumbent, predict, score } from "../../bench/blog-score.ts";
import { blogChange, blogRules } from "../../support/blog-changes.ts";
import { sharedData } from "../../support/shared-data.ts";

function post(day: number, ...told: number[]): PublishedPost {
  const links = told.map((number) => ({ repo: "packit", number, kind: "pull" }));
  const date = (each: number) => `2026-11-${`${each}`.padStart(2, "0")}`;
  return {
    file: `weekly/2026/${day}.md`,
    since: date(day - 6),
    till: date(day),
    writtenAt: `${date(day)}T15:00:00Z`,
    entries: [{ text: "", links }],
  };
}

const merged = (number: number, mergedAt: string, note?: string) =>
  blogChange("packit", number, `Add ${number}`, {
    mergedAt,
    description: null,
    message: note
      ? `Add (#${number})\n\nRELEASE NOTES BEGIN\n${note}\nRELEASE NOTES END`
      : `Add (#${number})`,
  });

describe("predict", () => {
  it("knows what was merged when the post was written, and what earlier posts told", () => {
    const data: PostData = {
      changes: [
        merged(1, "2026-11-04T10:00:00Z", "One."),
        merged(2, "2026-11-09T14:00:00Z", "Merged after the deployment, before the post was written."),
        merged(3, "2026-11-12T10:00:00Z"),
        merged(4, "2026-11-16T16:00:00Z", "After the second post."),
      ],
      posts: [post(9, 1), post(16, 2, 3)],
    };
    expect([...predict(data, blogRules).values()]).toEqual([
      { drafted: ["packit#1", "packit#2"], candidates: [] },
      { drafted: ["packit#2"], candidates: ["packit#3"] },
    ]);
  });
});

describe("score", () => {
  it("counts over all posts together", () => {
    const posts = [post(9, 1, 2), post(16, 3)];
    const predictions = [
      { drafted: ["packit#1", "packit#9"], candidates: ["packit#2", "packit#8"] },
      { drafted: ["packit#3"], candidates: [] },
    ];
    expect(
      score(posts, (each) => predictions[posts.indexOf(each)] ?? { drafted: [], candidates: [] }),
    ).toEqual({
      posts: 2,
      precision: 2 / 3,
      recall: 2 / 3,
      f1: 2 / 3,
      exact: 1,
      recallWithCandidates: 1,
      candidatesPerPost: 1,
    });
  });
});

const file = sharedData("blog.json");

describe.skipIf(!file)("on the posts that people published", () => {
  const path = file ?? "";
  const config = parseConfig(packit);

  it("drafts better than the script, and offers what it does not draft", () => {
    const data = readPostData(path, config.github);
    const predictions = predict(data, selectionRules(config));
    const ours = score(data.posts, (each) => predictions.get(each.file) ?? { drafted: [], candidates: [] });
    const theirs = score(data.posts, (each) => incumbent(data, each));
    expect(ours.f1).toBeGreaterThanOrEqual(0.82);
    expect(ours.f1).toBeGreaterThan(theirs.f1);
    expect(ours.recallWithCandidates).toBeGreaterThanOrEqual(0.93);
    expect(ours.candidatesPerPost).toBeLessThanOrEqual(10);
  });

  const script = join(path, "../../tools/score-blog.mjs");

  it.skipIf(!existsSync(script))("scores as the team's own tool does", () => {
    const folder = mkdtempSync(join(tmpdir(), "stablehand-bench-"));
    try {
      const predictions = join(folder, "predictions.json");
      const run = (...command: string[]) =>
        execFileSync(process.execPath, command, { encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
      const table = run("--import", "tsx", "test/bench/blog.ts", path, "--predictions", predictions);
      const scored = run(script, path, predictions);
      const numbers = (line = "") => (line.match(/\d+(\.\d+)?/g) ?? []).map(Number);
      for (const [ours, theirs] of [
        ["script, all", "incumbent script"],
        ["draft, all", "generator"],
      ] as const) {
        const own = numbers(table.split("\n").find((line) => line.startsWith(ours)));
        const [, ...other] = numbers(scored.split("\n").find((line) => line.includes(theirs)));
        expect(own).toEqual(other);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
