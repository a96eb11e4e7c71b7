import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";

/**
 * Reads what `bw list items` found from the standard input, and prints what may leave the job (base64 of JSON): digest
 * and number of lines of the note NOTE, and the lines that were added since the state that KNOWN_DIGEST and KNOWN_LINES
 * tell of. Any other item, and any other part of this one, stays here. Errors say nothing of what was read.
 */

const secureNote = 2;
const most = { lines: 20, characters: 160 };

const { NOTE, KNOWN_DIGEST: knownDigest = "", KNOWN_LINES: knownLines = "" } = process.env;

function fail(problem) {
  process.stderr.write(`changelog: ${problem}\n`);
  process.exit(1);
}

function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return fail("the vault answered something else than JSON");
  }
}

function digestOf(lines) {
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}

function linesOf(notes) {
  const lines = notes.split("\n").map((line) => line.trimEnd());
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The lines without which the note is the one that is known: those of one place, wherever people add to it. */
function addedTo(lines) {
  const count = lines.length - Number(knownLines);
  for (let at = 0; count > 0 && at + count <= lines.length; at++) {
    const rest = [...lines.slice(0, at), ...lines.slice(at + count)];
    if (digestOf(rest) === knownDigest) return lines.slice(at, at + count);
  }
  return null;
}

function changes(lines) {
  const digest = digestOf(lines);
  const state = { digest, lines: lines.length, added: [], more: 0 };
  if (knownDigest === "") return { ...state, since: "first" };
  if (digest === knownDigest) return { ...state, since: "same" };
  const added = addedTo(lines)?.filter((line) => line.trim() !== "");
  if (!added) return { ...state, since: "rewritten" };
  const shown = added.slice(0, most.lines).map((line) => [...line].slice(0, most.characters).join(""));
  return { ...state, since: "added", added: shown, more: added.length - shown.length };
}

const items = parsed(await text(process.stdin));
const notes = Array.isArray(items)
  ? items.filter((item) => item.type === secureNote && item.name === NOTE)
  : [];
if (notes.length !== 1) fail(`the vault has ${notes.length} secure notes of that name, instead of one`);
const result = changes(linesOf(String(notes[0].notes ?? "")));
process.stdout.write(Buffer.from(JSON.stringify(result)).toString("base64"));
