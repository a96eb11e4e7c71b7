/**
 * Release notes as authors write them: between `RELEASE NOTES BEGIN` and `RELEASE NOTES END`, in the description of a
 * pull request and, stripped of its Markdown by the bots that merge, in the message of the commit that merged it.
 */

export type ReleaseNote =
  /** Markdown as it was written, without what nobody sees. */
  | { kind: "note"; text: string }
  /** The author says that there is nothing to tell: `N/A`, `Empty on purpose`. */
  | { kind: "declined"; text: string }
  /** A block without a text of its own: empty, `TODO`, the template's example. */
  | { kind: "placeholder"; text: string }
  /** A block that begins and never ends: where the note stops, nobody knows. */
  | { kind: "unclosed" }
  | { kind: "absent" };

/**
 * The note of a pull request. Its description counts, being what the author wrote and may have mended since; the
 * commit's message counts where the description has no block, or one that was never filled in.
 */
export function releaseNoteOf(source: { description: string | null; message: string }): ReleaseNote {
  const described = parseReleaseNote(source.description ?? "");
  if (described.kind === "note" || described.kind === "declined") return described;
  const committed = parseReleaseNote(source.message);
  return described.kind === "absent" || committed.kind === "note" ? committed : described;
}

/** The note of one text. Of several blocks the first with a usable text counts, else the first. */
export function parseReleaseNote(text: string): ReleaseNote {
  const notes = blocksOf(readable(text)).map(noteOf);
  return notes.find((note) => note.kind === "note") ?? notes[0] ?? { kind: "absent" };
}

/** Null stands for the text of a block without an end. */
function blocksOf(text: string): (string | null)[] {
  const blocks: (string | null)[] = [];
  let lines: string[] | null = null;
  for (const line of text.split("\n")) {
    const marker = markerOf(line);
    if (marker === "begin") lines = [];
    else if (marker === "end" && lines) {
      blocks.push(lines.join("\n"));
      lines = null;
    } else lines?.push(line);
  }
  if (lines) blocks.push(null);
  return blocks;
}

/** Markers are written with spaces or underscores, in any case, and now and then as a heading or in bold. */
function markerOf(line: string): "begin" | "end" | null {
  if (line.length > 60) return null;
  const word = /^\W*release[ _]notes[ _](begin|end)\W*$/i.exec(line.replaceAll("**", ""))?.[1];
  return (word?.toLowerCase() as "begin" | "end" | undefined) ?? null;
}

function noteOf(block: string | null): ReleaseNote {
  if (block === null) return { kind: "unclosed" };
  const text = trimmed(block);
  const words = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}/]+/gu, " ")
    .trim();
  const alone = /^\W{0,3}([\w/]+)(?:\s*[-–—:,.;(!].{0,100})?\W{0,3}$/.exec(text.toLowerCase())?.[1] ?? words;
  if (unfilled.has(alone)) return { kind: "placeholder", text };
  if (none.has(alone)) return { kind: "declined", text };
  if (!/[\p{L}\p{N}]/u.test(text) || placeholders.some((each) => each.test(words))) {
    return { kind: "placeholder", text };
  }
  if (refusals.some((each) => each.test(words))) return { kind: "declined", text };
  return { kind: "note", text };
}

/** Words that stand alone, or before a mark with an explanation: `N/A, a refactoring`, `TODO: write it`. */
const unfilled = new Set(["todo", "tbd", "tba", "fixme", "wip", "xxx"]);
const none = new Set(["n/a", "na", "none", "no", "nope", "nil", "null", "nothing", "skip", "ignore"]);

/** What stands in a block until somebody fills it in. In lower case, with single spaces for all but letters and digits. */
const placeholders = [
  /^(please )?(add|write|fill in|insert|describe|replace)( this with)?( your| the| a)? (release )?(notes?|text|change|changes)( here)?$/,
  /^(your )?(release )?(notes?|text)( here| go here| goes here)?$/,
  // The example of the template for pull requests that the Packit team used; its last word is an emoji in mid-sentence.
  /^packit now supports automatic ordering of after all checks pass$/,
];

/** How authors say that there is nothing to tell. */
const refusals = [
  /^nothing (to tell|to say|to see|of interest|user facing)\b.{0,60}$/,
  /^(left |intentionally |deliberately )*(empty|blank)( on purpose| intentionally| deliberately)?$/,
  /^no (release )?notes?( needed| required| necessary)?$/,
  /^no (need|reason) (for|to)\b.{0,60}$/,
  /^(release notes? )?(is |are )?not (needed|required|necessary|applicable|relevant|interesting|worth\b.{0,40})$/,
  /^(this is |it is |it s )?(not|no|non) (an? )?(user|customer|public)( facing| visible)?( changes?)?$/,
  /^no (user|customer) (facing|visible) changes?$/,
  /^no (visible |functional |behaviou?r )?changes?( for users?)?$/,
  /^(this is |an? |only |purely |just )*internal( only)?( changes?| refactoring| cleanup)?( only)?$/,
];

/** Control characters, those that turn the direction of text, placeholders of objects, spaces without width. */
const unseen = /[\p{Cc}\u{202A}-\u{202E}\u{2066}-\u{2069}\u{FFFC}\u{FEFF}\u{200B}\u{2060}]/gu;

/**
 * The text as a reader sees it: one kind of line break, no HTML comments (the template's instructions are some), none of
 * the characters that show nothing. Code is left as it is.
 */
function readable(text: string): string {
  const lines = text
    .toWellFormed()
    .replace(/\r\n?/g, "\n")
    .replace(unseen, (character) => (character === "\n" || character === "\t" ? character : ""));
  const parts = lines.split(/(```[\s\S]*?```|`[^`\n]*`)/);
  return withoutComments(parts);
}

/** @param parts text and code in turns. A comment may hold code, so it ends where the text after it ends it. */
function withoutComments(parts: string[]): string {
  let seen = "";
  let inComment = false;
  for (const [index, part] of parts.entries()) {
    const isCode = index % 2 === 1;
    if (isCode && !inComment) {
      seen += part;
      continue;
    }
    let rest = part;
    while (rest !== "") {
      const mark = inComment ? "-->" : "<!--";
      const at = isCode && !inComment ? -1 : rest.indexOf(mark);
      if (!inComment) seen += at < 0 ? rest : rest.slice(0, at);
      if (at < 0) break;
      rest = rest.slice(at + mark.length);
      inComment = !inComment;
    }
  }
  return seen;
}

/** Without spaces at the ends of lines, empty lines around it, more than one empty line inside, a common indent. */
function trimmed(block: string): string {
  const lines = block.split("\n").map((line) => line.trimEnd());
  const indents = lines.filter((line) => line !== "").map((line) => line.length - line.trimStart().length);
  const common = indents.reduce((least, each) => Math.min(least, each), block.length);
  const text = lines.map((line) => line.slice(common)).join("\n");
  return text.replace(/\n{3,}/g, "\n\n").replace(/^\n+|\n+$/g, "");
}
