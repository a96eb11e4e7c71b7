import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseReleaseNote, releaseNoteOf } from "../../../functions/domain/release-notes.ts";
import { sharedData } from "../../support/shared-data.ts";

const block = (text: string) =>
  `Words before.\n\nRELEASE NOTES BEGIN\n${text}\nRELEASE NOTES END\n\nWords after.`;

describe("parseReleaseNote", () => {
  it.each([
    ["`packit init` keeps *your* files.", "`packit init` keeps *your* files."],
    ["\n\nTold.\n\n", "Told."],
    ["One\nwrapped line.", "One\nwrapped line."],
    ["First.\n\n\n\nSecond.", "First.\n\nSecond."],
    ["    - a\n    - b", "- a\n- b"],
    ["Told.\uFFFC\u200B", "Told."],
    ["Reads right \u202Eto left.", "Reads right to left."],
    ["<!-- what to write -->Told.", "Told."],
    ["Code `<!-- stays -->` here.", "Code `<!-- stays -->` here."],
    ["None of the old options is needed now.", "None of the old options is needed now."],
    ["Skip rules are read from the configuration.", "Skip rules are read from the configuration."],
    ["TODO comments are listed.", "TODO comments are listed."],
    ["No longer asks twice.", "No longer asks twice."],
    ["Nobody waits for `n/a`.", "Nobody waits for `n/a`."],
  ])("reads %j", (text, note) => {
    expect(parseReleaseNote(block(text))).toEqual({ kind: "note", text: note });
  });

  it.each([
    ["CRLF", block("Told.").replaceAll("\n", "\r\n")],
    ["underscores", block("Told.").replaceAll("RELEASE NOTES", "RELEASE_NOTES")],
    ["lower case", block("Told.").toLowerCase().replace("told", "Told")],
    ["bold markers", block("Told.").replace(/RELEASE NOTES \w+/g, "**$&**")],
    ["an earlier block that nobody filled in", `${block("TODO")}\n${block("Told.")}`],
    ["a template in a comment", `<!--\n${block("n/a")}\n-->\n${block("Told.")}`],
  ])("knows the markers with %s", (_, text) => {
    expect(parseReleaseNote(text)).toEqual({ kind: "note", text: "Told." });
  });

  it.each([
    "N/A",
    "n/a.",
    "None",
    "none.",
    "Nothing",
    "N/A - a refactoring",
    "None (tests)",
    "_No release notes needed_",
  ])("takes %j for the author's no", (text) => expect(parseReleaseNote(block(text)).kind).toBe("declined"));

  it.each(["Left empty intentionally.", "This is not a user-facing change", "internal change only"])(
    "takes %j for the author's no",
    (text) => expect(parseReleaseNote(block(text)).kind).toBe("declined"),
  );

  it.each(["", "TODO", "todo: write it", "TBD", "…", "-", "Write release notes here", "\uFFFC", "☕"])(
    "takes %j for a block that nobody filled in",
    (text) => expect(parseReleaseNote(block(text)).kind).toBe("placeholder"),
  );

  it("finds none where there is no block, and says when one never ends", () => {
    expect(parseReleaseNote("Just words about release notes.")).toEqual({ kind: "absent" });
    expect(parseReleaseNote("RELEASE NOTES BEGIN\nTold.\n\nSigned-off-by: x")).toEqual({ kind: "unclosed" });
    expect(parseReleaseNote(`<!-- ${block("Told.")}`)).toEqual({ kind: "absent" });
  });

  it("takes no time over long texts made by strangers", () => {
    const started = performance.now();
    for (const piece of ["<!--", "`", "``` ", "RELEASE NOTES BEGIN\n", "\n", "**", " ", "- "]) {
      parseReleaseNote(piece.repeat(60_000));
      parseReleaseNote(block(piece.repeat(20_000)));
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it("keeps every word of any note", () => {
    const word = fc.stringMatching(/^[a-z]{3,9}$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 4, maxLength: 30 }),
        fc.constantFrom("\n", "\r\n"),
        (words, end) => {
          const text = `Packit ${words.join(" ")}`;
          const wrapped = block(words.reduce((line, each) => `${line} ${each}`, "Packit")).replaceAll(
            "\n",
            end,
          );
          expect(parseReleaseNote(wrapped)).toEqual({ kind: "note", text });
        },
      ),
    );
  });
});

describe("releaseNoteOf", () => {
  const stripped = block("Use packit init.");

  it.each([
    ["the description, which still has its Markdown", block("Use `packit init`."), "Use `packit init`."],
    ["the commit's message where the description has no block", "Words.", "Use packit init."],
    ["the commit's message where the description is unknown", null, "Use packit init."],
    ["the commit's message where the description was never filled in", block("TODO"), "Use packit init."],
  ])("takes %s", (_, description, text) => {
    expect(releaseNoteOf({ description, message: stripped })).toEqual({ kind: "note", text });
  });

  it("believes an author who took the note out of the description after merging", () => {
    expect(releaseNoteOf({ description: block("N/A"), message: stripped }).kind).toBe("declined");
  });
});

const odd = sharedData("odd-release-notes.json");

describe.skipIf(!odd)("blocks from the wild", () => {
  const examples: { what: string; rawBlock: string | null; parsed: string | null }[] = odd
    ? JSON.parse(readFileSync(odd, "utf8"))
    : [];

  it.each(examples)("$what", ({ what, rawBlock, parsed }) => {
    const note = parseReleaseNote(rawBlock ?? "");
    const isUsable = parsed !== null && !/placeholder|TODO/.test(what);
    expect(note.kind === "note").toBe(isUsable);
    if (parsed !== null) expect(note).toMatchObject({ text: parsed });
  });
});
