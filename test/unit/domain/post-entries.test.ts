import { expect, test } from "vitest";
import { buildPost } from "../../../functions/domain/blog-post.ts";
import type { Told } from "../../../functions/domain/blog-post-selection.ts";
import { postEntries } from "../../../functions/domain/post-entries.ts";

test("the entries of a post are its list, in plain text and without the links to the changes", () => {
  const content = [
    "---",
    "title: Packit in November 2026",
    "---",
    "",
    "## Week 47",
    "",
    "- **Packit** understands `upstream_tag_include` (see [the docs](https://packit.dev/docs)) ([packit#1](https://github.com/packit/packit/pull/1), [ogr#2](https://github.com/packit/ogr/pull/2)).",
    "",
    "  More about it that a toot does not need.",
    "- A line that an editor",
    "  wrapped, with \\{braces\\} and *emphasis* ([ogr@1234567](https://github.com/packit/ogr/commit/1234567))",
    "  - a nested item",
    "",
    "A closing line.",
  ].join("\n");
  expect(postEntries(content)).toEqual([
    "Packit understands upstream_tag_include (see the docs).",
    "A line that an editor wrapped, with {braces} and emphasis",
  ]);
});

test("what the generator drafts is read back", () => {
  const change = {
    repo: "packit",
    number: 7,
    sha: "1".repeat(40),
    title: "Handle ids",
    description: null,
    message: "",
    mergedAt: "2026-11-20T10:00:00Z",
    author: null,
    url: "https://github.com/packit/packit/pull/7",
  };
  const note = "Packit now handles `<id>` in {braces}";
  const told: Told = { changes: [change], note };
  const templates = { path: "p.md", title: "T", heading: "H" };
  const post = buildPost([told], { since: "2026-11-16", till: "2026-11-22" }, "ada", templates);
  expect(postEntries(post?.content ?? "")).toEqual(["Packit now handles <id> in {braces}."]);
});
