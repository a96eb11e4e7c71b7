/**
 * Markdown of strangers, made fit for a page that Docusaurus builds. It reads `.md` as MDX, where a brace begins an
 * expression and an angle bracket a component: one of a stranger's would break the build of the site, or run in it. What
 * authors mean to write stays: code, links, emphasis, lists.
 */

/** A part of a note, ready to stand in a list item when its lines after the first are indented. */
export interface Block {
  kind: "paragraph" | "list" | "code";
  lines: string[];
}

const longestNote = 4000;

/** Parts of a note, in order. Lines that an editor wrapped become one; what lost its fence on the way gets it back. */
export function markdownBlocks(note: string): Block[] {
  const text = note.length > longestNote ? `${note.slice(0, longestNote).toWellFormed()}…` : note;
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const flush = () => {
    if (paragraph.length > 0) blocks.push(...paragraphBlocks(paragraph));
    paragraph = [];
  };
  const lines = text.replaceAll("\t", "    ").split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const fence = /^ *(`{3,}|~{3,})([^`]*)$/.exec(line);
    if (fence) {
      flush();
      const mark = fence[1] ?? "```";
      const end = lines.findIndex((each, index) => index > at && each.trim().startsWith(mark));
      blocks.push(codeBlock(lines.slice(at + 1, end < 0 ? undefined : end), fence[2]));
      at = end < 0 ? lines.length : end;
    } else if (line.trim() === "") flush();
    else paragraph.push(line);
  }
  flush();
  return blocks;
}

/** Longer than any run of backticks inside, so that nothing in the code ends it. */
function codeBlock(lines: readonly string[], language = ""): Block {
  const runs = lines.join("\n").match(/`+/g) ?? [];
  const mark = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  const name = /^[\w+-]{1,20}$/.test(language.trim()) ? language.trim() : "";
  return { kind: "code", lines: [`${mark}${name}`, ...lines, mark] };
}

/** Lines without an empty one between them: text, list items and code without a fence in any order. */
function paragraphBlocks(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let from = 0;
  while (from < lines.length) {
    const codeEnd = endOfCode(lines, from);
    if (codeEnd > from) {
      blocks.push(codeBlock(lines.slice(from, codeEnd)));
      from = codeEnd;
      continue;
    }
    const [block, next] = listItem.test(lines[from] ?? "") ? listFrom(lines, from) : textFrom(lines, from);
    blocks.push(block);
    from = next;
  }
  return blocks;
}

/**
 * Where the code ends that begins here; the same line when none does. One line of it alone must end the paragraph and
 * follow a break that its author made: a colon, or a line too short for an editor to wrap.
 */
function endOfCode(lines: readonly string[], from: number): number {
  const end = endOf(lines, from, looksLikeCode);
  if (end - from > 1) return end;
  const before = lines[from - 1];
  // A word and a colon alone are a sentence's beginning: `Example:`, `Fixed: typos`.
  const isWords = /^\s*(- )?[\w.-]+:( [\w.,-]+)?$/.test(lines[from] ?? "");
  const isBroken = before === undefined || /:\s*$/.test(before) || before.length < 50;
  return end === lines.length && isBroken && !isWords ? end : from;
}

function endOf(lines: readonly string[], from: number, fits: (line: string) => boolean): number {
  let end = from;
  while (end < lines.length && fits(lines[end] ?? "")) end++;
  return end;
}

const listItem = /^ {0,3}(?:[-*+]|\d{1,3}[.)]) +\S/;

/** The bots that merge strip fences: YAML, macros of spec files and Packit's commands are left bare. */
function looksLikeCode(line: string): boolean {
  return /^\s*(%(\w+[ {(]|\{)|\/packit(-\w+)? \w|\$ \S|(- )?[\w.-]+:( \S+)?$)/.test(line);
}

function textFrom(lines: readonly string[], from: number): [Block, number] {
  let end = from + 1;
  while (end < lines.length && !listItem.test(lines[end] ?? "") && endOfCode(lines, end) === end) end++;
  const text = lines
    .slice(from, end)
    .map((line) => line.trim().replace(/^#{1,6} +/, ""))
    .join(" ");
  return [{ kind: "paragraph", lines: [safeLine(text)] }, end];
}

function listFrom(lines: readonly string[], from: number): [Block, number] {
  const items: string[] = [];
  let at = from;
  for (; at < lines.length && (listItem.test(lines[at] ?? "") || endOfCode(lines, at) === at); at++) {
    const line = lines[at] ?? "";
    if (listItem.test(line)) items.push(line.trim().replace(/^(?:[-*+]|\d+[.)]) +/, ""));
    else items.push(`${items.pop() ?? ""} ${line.trim()}`);
  }
  return [{ kind: "list", lines: items.map((item) => `- ${safeLine(item)}`) }, at];
}

/** One line of text whose beginning does not make it a heading, a list, a directive or an indented piece of code. */
function safeLine(text: string): string {
  const line = safeInline(text.trim());
  return line
    .replace(/^(#|>|[-+*](?= |$)|=|:::|-{3,}|\||\[(?=[^\]]*\]:))/, "\\$1")
    .replace(/^(\d{1,9})([.)])(?= |$)/, "$1\\$2");
}

/**
 * One line of Markdown without anything that MDX or HTML would take for its own. Code spans and links to the web stay;
 * images and other links become text.
 */
export function safeInline(text: string): string {
  let safe = "";
  let rest = text.replace(/\s+/g, " ");
  let plain = "";
  const flush = (isBeforeCode: boolean) => {
    safe += safeWords(plain, { isAfterCode: safe.endsWith("`"), isBeforeCode });
    plain = "";
  };
  while (rest !== "") {
    const taken = codeSpan(rest) ?? webLink(rest);
    if (taken) {
      flush(taken.safe.startsWith("`"));
      safe += taken.safe;
      rest = rest.slice(taken.length);
      continue;
    }
    // A run of backticks without its counterpart is text as a whole.
    const next = /^(\\[!-/:-@[-`{-~]|`+|[^\\`[!]+|.)/s.exec(rest)?.[0] ?? rest;
    plain += next;
    rest = rest.slice(next.length);
  }
  flush(false);
  return safe;
}

interface Taken {
  safe: string;
  /** Of what it was made from. */
  length: number;
}

function codeSpan(text: string): Taken | null {
  const mark = /^`+/.exec(text)?.[0];
  if (!mark) return null;
  for (const run of text.slice(mark.length).matchAll(/`+/g)) {
    if (run[0] !== mark) continue;
    const length = mark.length * 2 + run.index;
    return { safe: text.slice(0, length), length };
  }
  return null;
}

function webLink(text: string): Taken | null {
  const link = /^!?\[([^[\]\\]{1,300})\]\(((?:[^\s()<>]|\([^\s()<>]*\)){1,500})(?: "[^"]{0,200}")?\)/.exec(
    text,
  );
  if (!link) return null;
  const [{ length }, label = "", target = ""] = link;
  const safeLabel = safeInline(label);
  return { safe: /^https?:\/\//i.test(target) ? `[${safeLabel}](${safeUrl(target)})` : safeLabel, length };
}

function safeUrl(url: string): string {
  return url.replace(/[[\]{}<>"'`\\\s]/g, (each) => encodeURIComponent(each));
}

/** Code that touches other code would run into it, so a word that does is made no code of. */
function safeWords(
  text: string,
  { isAfterCode, isBeforeCode }: { isAfterCode: boolean; isBeforeCode: boolean },
) {
  const words = text.split(" ");
  const last = words.length - 1;
  return words
    .map((word, at) => safeWord(word, !(isAfterCode && at === 0) && !(isBeforeCode && at === last)))
    .join(" ");
}

/** `<id>` and the like become code together with what they stand in: `--id <id>`, `https://…/pull/<id>`. */
function safeWord(word: string, mayBeCode: boolean): string {
  const autolink = /^([^<>]*)<(https?:\/\/[^<>]+)>([^<>]*)$/i.exec(word);
  if (autolink)
    return `${escapeWord(autolink[1] ?? "")}${safeUrl(autolink[2] ?? "")}${escapeWord(autolink[3] ?? "")}`;
  const opened = word.indexOf("<");
  if (mayBeCode && opened >= 0 && word.indexOf(">", opened) > opened + 1 && !/[`\\]/.test(word)) {
    const [, before = "", middle = "", after = ""] = /^([([{"']*)(.*?)([)\]}"'.,;:!?]*)$/.exec(word) ?? [];
    return `${escapeWord(before)}\`${middle}\`${escapeWord(after)}`;
  }
  const url = /https?:\/\/[^[\]]*/i.exec(word);
  if (!url) return escapeWord(word);
  const end = url.index + url[0].length;
  return escapeWord(word.slice(0, url.index)) + safeUrl(url[0]) + escapeWord(word.slice(end));
}

/** What is escaped already stays as it is: one more backslash would undo it. */
function escapeWord(word: string): string {
  return word.replace(/\\[!-/:-@[-`{-~]|[{}<`]|\](?=\()/g, (each) => (each.length > 1 ? each : `\\${each}`));
}
