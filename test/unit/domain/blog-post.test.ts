import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { buildPost, entry } from "../../../functions/domain/blog-post.ts";
import { periodWords } from "../../../functions/domain/blog-post-period.ts";
import { inert, reviewDescription, searchLink } from "../../../functions/domain/blog-post-review.ts";
import { selectNews } from "../../../functions/domain/blog-post-selection.ts";
import { blogChange, blogRules } from "../../support/blog-changes.ts";

const templates = {
  path: "weekly/{weekYear}/week-{week}.md",
  title: "Packit in {month} {year}",
  heading: "{weeks} ({since} – {till})",
};
const period = { since: "2026-11-17", till: "2026-11-23" };
const one = { changes: [blogChange("packit", 1, "Find it")], note: "Packit now finds the specfile" } as const;
const told = { changes: [...one.changes] as [(typeof one.changes)[0]], note: one.note };

describe("the post", () => {
  it("is what the site expects", () => {
    const second = {
      changes: [blogChange("ogr", 2, "X"), blogChange("packit", 3, "X")] as never,
      note: "Two.",
    };
    expect(buildPost([told, second], period, "ada", templates)).toEqual({
      path: "weekly/2026/week-47.md",
      title: "Packit in November 2026",
      content: [
        "---",
        "title: Packit in November 2026",
        "date: 2026-11-23",
        "authors: ada",
        "tags:",
        '  - "2026-November"',
        '  - "2026"',
        "  - November",
        "---",
        "",
        "## Week 47 (November 17th – November 23rd)",
        "",
        "- Packit now finds the specfile. ([packit#1](https://github.com/packit/packit/pull/1))",
        "- Two. ([ogr#2](https://github.com/packit/ogr/pull/2), [packit#3](https://github.com/packit/packit/pull/3))",
        "",
      ].join("\n"),
    });
  });

  it("is none in a week without news", () => {
    expect(buildPost([], period, "ada", templates)).toBeNull();
  });

  it("keeps its front matter whatever the author's key and the title hold", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1 }),
        fc.string({ minLength: 1 }),
        (author, title) => {
          const post = buildPost([told], period, author, { ...templates, title });
          const [, front = ""] = /^---\n([\s\S]*?)\n---\n/.exec(post?.content ?? "") ?? [];
          expect(Object.keys(parse(front))).toEqual(["title", "date", "authors", "tags"]);
          expect(parse(front).tags).toEqual(["2026-November", "2026", "November"]);
          expect(typeof parse(front).title).toBe("string");
        },
      ),
    );
  });

  it("lets no note begin anything of its own in the page", () => {
    const note = "---\ntitle: mine\n---\n\n# Big\n\nimport x from 'y'\n\n<Tabs>{x}</Tabs>\n\n- [ ] a";
    const { content = "" } = buildPost([{ ...told, note }], period, "ada", templates) ?? {};
    const body = content.split("\n---\n").slice(1).join("\n---\n");
    expect(body.split("\n").filter((line) => line !== "" && !line.startsWith("  "))).toEqual([
      "## Week 47 (November 17th – November 23rd)",
      expect.stringMatching(/^- /),
    ]);
    expect(body).toContain("`<Tabs>{x}</Tabs>`");
  });
});

describe("an entry", () => {
  const link = "([packit#1](https://github.com/packit/packit/pull/1))";

  it.each([
    ["Told", `- Told. ${link}`],
    ["- Told.", `- Told. ${link}`],
    ["Told (twice)", `- Told (twice) ${link}`],
    ["One.\n\nTwo", `- One.\n\n  Two. ${link}`],
    ["New:\n- a\n- b", `- New:\n\n  - a\n  - b\n\n  ${link}`],
    ["- a\n- b", `- - a\n  - b\n\n  ${link}`],
    ["Set:\n```yaml\na: {b}\n```", `- Set:\n\n  \`\`\`yaml\n  a: {b}\n  \`\`\`\n\n  ${link}`],
  ])("of %j", (note, text) => {
    expect(entry({ ...told, note })).toBe(text);
  });

  it("links the commit where there is no pull request", () => {
    const change = { ...one.changes[0], number: null, sha: "0123456789", url: "https://x.org/c" };
    expect(entry({ changes: [change], note: "Told." })).toBe("- Told. ([packit@0123456](https://x.org/c))");
  });
});

describe("the words about a period", () => {
  it.each([
    ["2024-01-02", "2024-01-08", "Week 1", "January 2nd", "January 8th", "2024"],
    ["2025-01-14", "2025-01-27", "Weeks 3–4", "January 14th", "January 27th", "2025"],
    ["2025-06-03", "2025-06-16", "Weeks 23–24", "June 3rd", "June 16th", "2025"],
    ["2025-12-23", "2025-12-29", "Week 52", "December 23rd", "December 29th", "2025"],
    ["2025-12-30", "2026-01-05", "Week 1", "December 30th", "January 5th", "2026"],
    ["2026-11-21", "2026-11-21", "Week 47", "November 21st", "November 21st", "2026"],
    ["2027-01-01", "2027-01-04", "Week 53", "January 1st", "January 4th", "2026"],
  ])("from %s till %s", (since, till, weeks, first, last, weekYear) => {
    expect(periodWords({ since, till })).toMatchObject({ weeks, since: first, till: last, weekYear });
  });

  it("never gives a file of another year's week the same name", () => {
    const name = (since: string, till: string) => buildPost([told], { since, till }, "ada", templates)?.path;
    expect(name("2024-12-31", "2025-01-06")).toBe("weekly/2025/week-1.md");
    expect(name("2025-12-30", "2025-12-30")).toBe("weekly/2026/week-1.md");
    expect(name("2025-01-14", "2025-01-27")).toBe("weekly/2025/week-3-4.md");
  });
});

describe("the description for the reviewer", () => {
  const context = {
    period,
    webUrl: "https://github.com",
    owner: "packit",
    repositories: ["packit", "ogr"],
    libraries: ["ogr"],
  };
  const describeWeek = (changes: Parameters<typeof selectNews>[0]) =>
    reviewDescription(selectNews(changes, new Set(), "2026-11-23T12:00:00Z", blogRules), context);

  it("holds the candidates as a checklist with the reasons, the search, and the rules", () => {
    const text = describeWeek([
      blogChange("packit", 1, "Find it", { note: "Told." }),
      blogChange("packit", 2, "Add {it}"),
      blogChange("ogr", 3, "Add", { note: "A new method `x()`." }),
      blogChange("packit", 4, "Release 1.0.0"),
    ]);
    expect(text).toContain("1 entry");
    expect(text).toContain(
      "- [ ] [packit#2](https://github.com/packit/packit/pull/2) Add \\{it\\} · *no release note*\n",
    );
    expect(text).toContain("*internals of a library*\n      > A new method \\`x()\\`.");
    expect(text).toContain("Neither told nor listed: 1 more change.");
    expect(text).toContain("What makes a good post");
    expect(text).toContain("most of `ogr`");
  });

  it("links GitHub's search with the team's filter", () => {
    const query = new URL(searchLink(context, true)).searchParams.get("q");
    expect(query).toBe(
      "is:pr is:merged merged:2026-11-17..2026-11-23 label:has-release-notes repo:packit/packit repo:packit/ogr",
    );
  });

  it.each([
    "Fixes #491: it",
    "closes packit/packit#1 and GH-12",
    "thanks @octocat, @packit/team",
    "fixes https://github.com/packit/packit/issues/1",
    "[x](https://x.org) <b> `code` **bold** | ~no~",
    "one\n- [ ] two",
  ])("makes %j inert", (title) => {
    const text = inert(title);
    expect(text).not.toMatch(/\n|[@#]\w|GH-\d|:\/\/|(?<!\\)[[\]<>`*|~]/);
    // What people read is what was written.
    expect(text.replace(/\\(?=\W)|\u200B/g, "").replaceAll("&amp;", "&")).toBe(title.replace("\n", " "));
  });
});
