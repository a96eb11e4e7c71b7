import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markdownBlocks, safeInline } from "../../../functions/domain/blog-post-markdown.ts";

/**
 * What MDX would read as an expression or a component in a paragraph (a bare brace or angle bracket outside code), and
 * links to elsewhere than the web. Reads as CommonMark does: an escape covers one mark, a code span ends with as many backticks as it began with.
 */
function liveMarks(text: string): string[] {
  const live: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "\\") at++;
    else if (character === "`") {
      const run = /^`+/.exec(text.slice(at))?.[0] ?? "`";
      const closing = [...text.slice(at + run.length).matchAll(/`+/g)].find((each) => each[0] === run);
      at += run.length - 1 + (closing ? closing.index + run.length : 0);
    } else if ("{}<".includes(character) || /^\]\((?!https?:)/.test(text.slice(at, at + 9)))
      live.push(text.slice(at, at + 20));
  }
  return live;
}

describe("safeInline", () => {
  it.each([
    ["`code {stays} <as>` it is", "`code {stays} <as>` it is"],
    ["{process.env.TOKEN}", "\\{process.env.TOKEN\\}"],
    ["already \\{escaped\\}", "already \\{escaped\\}"],
    ["a backslash \\\\{x}", "a backslash \\\\\\{x\\}"],
    ["x < y", "x \\< y"],
    ["an odd ` and {x}", "an odd \\` and \\{x\\}"],
    ["*kept*, **kept**, snake_case", "*kept*, **kept**, snake_case"],
    ["--[no-]update", "--[no-]update"],
    ["pass --id <id>, please", "pass --id `<id>`, please"],
    ["(https://x.org/pull/<pr_id>, it)", "(`https://x.org/pull/<pr_id>`, it)"],
    ["<script>alert(1)</script>", "`<script>alert(1)</script>`"],
    ["see <https://x.org/a>.", "see https://x.org/a."],
    ["https://x.org/{id}", "https://x.org/%7Bid%7D"],
    ["[docs {x}](https://x.org/a_(b))", "[docs \\{x\\}](https://x.org/a_(b))"],
    ["![pixel](https://x.org/p.png)", "[pixel](https://x.org/p.png)"],
    ["[run](javascript:alert(1))", "run"],
    ["[run](javascript:a(b(1)))", "[run\\](javascript:a(b(1)))"],
    ["[page](../admin)", "page"],
  ])("writes %j as %j", (text, safe) => {
    expect(safeInline(text)).toBe(safe);
  });

  it("leaves no brace, angle bracket or odd link of a stranger alive", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "<",
      ">",
      "`",
      "``",
      "\\",
      "[",
      "](",
      ")",
      "!",
      " ",
      "a",
      "https://",
      "<b>",
      "-->",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const safe = safeInline(pieces.join(""));
        expect({ safe, live: liveMarks(safe) }).toEqual({ safe, live: [] });
      }),
      { numRuns: 2000 },
    );
  });
});

describe("markdownBlocks", () => {
  it("joins lines that an editor wrapped, and keeps paragraphs and lists", () => {
    expect(markdownBlocks("One\nline.\n\nAnother:\n - `a`: first\nwrapped\n - b")).toEqual([
      { kind: "paragraph", lines: ["One line."] },
      { kind: "paragraph", lines: ["Another:"] },
      { kind: "list", lines: ["- `a`: first wrapped", "- b"] },
    ]);
  });

  it.each([
    [
      "YAML",
      "Set it, e.g.\njobs:\n  - job: build\n    trigger: commit",
      ["jobs:", "  - job: build", "    trigger: commit"],
    ],
    [
      "a command",
      "Write it like this:\n/packit build --commit <branch>",
      ["/packit build --commit <branch>"],
    ],
    [
      "macros",
      "For instance:\n%global rel 1\n%{?dist}\nRelease: %{rel}",
      ["%global rel 1", "%{?dist}", "Release: %{rel}"],
    ],
  ])("gives %s its fence back", (_, note, code) => {
    expect(markdownBlocks(note).at(-1)).toEqual({ kind: "code", lines: ["```", ...code, "```"] });
  });

  it("takes a sentence that begins with a command for a sentence", () => {
    const note =
      "When you have written a comment with several commands and arguments,\n/packit build is run first.";
    expect(markdownBlocks(note).map(({ kind }) => kind)).toEqual(["paragraph"]);
  });

  it("closes a fence that its author left open, and one that holds a longer one", () => {
    expect(markdownBlocks("So:\n```yaml\na: {b}").at(-1)?.lines).toEqual(["```yaml", "a: {b}", "```"]);
    expect(markdownBlocks("~~~\n```\nx\n```\n~~~")[0]?.lines).toEqual(["````", "```", "x", "```", "````"]);
    expect(markdownBlocks("``` onclick={x}\ny\n```")[0]?.lines[0]).toBe("```");
  });

  it.each(["# title", "> quote", "::: danger", "---", "| a | b |", "[a]: https://x.org", "=== x", "+ item"])(
    "does not let %j begin something else than text",
    (text) => {
      const [block] = markdownBlocks(text);
      expect(block?.lines[0]).toMatch(/^(\\|title$|- item$)/);
    },
  );

  it("lets nothing of a note begin at the margin of the page but its own blocks", () => {
    const line = fc.constantFrom(
      "text {x}",
      "<b>",
      "```",
      "- item",
      "import x from 'y'",
      "a: b",
      "",
      "---",
      ":::",
      "%x y",
      "    deep",
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        for (const { kind, lines: made } of markdownBlocks(lines.join("\n"))) {
          if (kind === "code")
            expect(made.slice(1, -1).some((each) => each.startsWith(made.at(-1) ?? ""))).toBe(false);
          else expect(made.flatMap(liveMarks)).toEqual([]);
        }
      }),
    );
  });

  it("takes no time over long notes made by strangers", () => {
    const started = performance.now();
    for (const piece of ["<", "`", "[", "a", "[a](", "` `` ", "\\", "- ", "<a>", "](", "(", "a: b\n", "\t"]) {
      markdownBlocks(piece.repeat(50_000));
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
