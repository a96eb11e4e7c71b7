/**
 * Toots out of a published post. What Mastodon counts (app/validators/status_length_validator.rb): graphemes; a URL is
 * as long as the instance says, whatever it is; a mention of somebody elsewhere counts without its domain. Where it is
 * not certain that Mastodon sees a URL or a mention, the longer count holds: no toot is ever refused for its length.
 */

/** What the instance counts by. */
export interface TootRules {
  /** Characters of a toot, as Mastodon counts them. At least twice a URL's. */
  limit: number;
  /** What a URL counts, however long it is. */
  urlLength: number;
  /** Where a text has URLs, in order, in UTF-16 units: only those of which it is certain that Mastodon sees them. */
  findUrls(text: string): { start: number; end: number }[];
}

export interface PublishedPost {
  title: string;
  /** Where the site shows it. */
  url: string;
  /** What it tells, in its order, as plain text. */
  entries: string[];
}

export interface TootPlan {
  /** `thread`: all at once, each a reply to the one before. `spread`: each on its own, one after the other. */
  mode: "thread" | "spread";
  /** So many entries of the post are told, its first. */
  entries: number;
  /** With `spread`: from one to the next. */
  everyMinutes: number;
}

export interface Toot {
  text: string;
  /** Position of the toot that it replies to; null: it stands by itself. */
  replyTo: number | null;
  /** From the publication of the first on. */
  afterMinutes: number;
}

/** A part of a text, and the white space that stood between it and the next one (empty inside a very long word). */
export interface TextPart {
  text: string;
  gap: string;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Mastodon schedules nothing that is closer than 5 minutes to the one before by a person's measure either. */
const betweenPartsMinutes = 10;
/** Room for ` (12/34)`. */
const numbering = 8;

/** Characters as Mastodon counts them; at least as many, where it is not certain what it sees. */
export function tootLength(text: string, rules: TootRules): number {
  const placeholder = "x".repeat(rules.urlLength);
  let counted = "";
  let from = 0;
  let uncertain = 0;
  const words = (part: string) => {
    // Other schemes, and hosts that may be none, could be URLs to Mastodon: then they count more than they are long.
    uncertain += part.match(/:\/\/|xmpp:|magnet:/gi)?.length ?? 0;
    return part.replace(remoteMention, "@$1");
  };
  for (const { start, end } of rules.findUrls(text)) {
    counted += words(text.slice(from, start)) + placeholder;
    from = end;
  }
  counted += words(text.slice(from));
  return [...graphemes.segment(counted)].length + uncertain * rules.urlLength;
}

/** `@user@instance.example`, where nothing before or after it makes it something else. */
const remoteMention = /(?<=^|[\s(])@([a-z0-9_]+)@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?=$|[\s,;!?)])/gi;

/**
 * Splits a text into parts that each are a toot's length at most: between words, and only a word that is longer than a
 * toot between its graphemes. No URL is cut. `joinParts` makes the text of them again.
 */
export function splitText(text: string, rules: TootRules): TextPart[] {
  const parts: TextPart[] = [];
  const leading = /^\s*/.exec(text)?.[0] ?? "";
  let current: TextPart = { text: "", gap: leading };
  const fits = (candidate: string) => tootLength(candidate, rules) <= rules.limit;
  for (const [, word = "", gap = ""] of text.slice(leading.length).matchAll(/(\S+)(\s*)/g)) {
    const longer = current.text + current.gap + word;
    if (current.text !== "" && fits(longer)) {
      current = { text: longer, gap };
      continue;
    }
    if (current.text !== "" || current.gap !== "") parts.push(current);
    const pieces = fits(word) ? [word] : cutWord(word, rules, fits);
    for (const piece of pieces.slice(0, -1)) parts.push({ text: piece, gap: "" });
    current = { text: pieces.at(-1) ?? "", gap };
  }
  return current.text === "" && current.gap === "" ? parts : [...parts, current];
}

export function joinParts(parts: readonly TextPart[]): string {
  return parts.map(({ text, gap }) => text + gap).join("");
}

function cutWord(word: string, rules: TootRules, fits: (text: string) => boolean): string[] {
  const atoms: string[] = [];
  let from = 0;
  const cut = (text: string) => atoms.push(...Array.from(graphemes.segment(text), (each) => each.segment));
  for (const { start, end } of rules.findUrls(word)) {
    cut(word.slice(from, start));
    atoms.push(word.slice(start, end));
    from = end;
  }
  cut(word.slice(from));
  const pieces: string[] = [];
  for (const atom of atoms) {
    const longer = (pieces.at(-1) ?? "") + atom;
    if (pieces.length > 0 && fits(longer)) pieces[pieces.length - 1] = longer;
    else pieces.push(atom);
  }
  return pieces;
}

/** The toots of a post: its title and its link, and its first entries. None for a post that tells nothing. */
export function draftToots(post: PublishedPost, plan: TootPlan, rules: TootRules): Toot[] {
  const entries = post.entries
    .slice(0, plan.entries)
    .map((entry) => withoutMentions(entry.trim()))
    .filter((entry) => entry !== "");
  if (entries.length === 0) return [];
  const title = withoutMentions(post.title.trim());
  if (plan.mode === "thread") {
    const text = [title, ...entries.map((entry) => `• ${entry}`), post.url].join("\n\n");
    return shown(splitText(text, rules)).map((part, index) => ({
      text: part,
      replyTo: index === 0 ? null : index - 1,
      afterMinutes: 0,
    }));
  }
  return entries.flatMap((entry, index) => {
    const text = [...(index === 0 ? [title] : []), entry, post.url].join("\n\n");
    return numbered(text, rules).map((part, number) => ({
      text: part,
      replyTo: null,
      afterMinutes: index * plan.everyMinutes + number * betweenPartsMinutes,
    }));
  });
}

/** What is tooted later cannot reply to what is not there yet, so its parts are numbered. */
function numbered(text: string, rules: TootRules): string[] {
  if (tootLength(text, rules) <= rules.limit) return [text];
  const parts = shown(splitText(text, { ...rules, limit: rules.limit - numbering }));
  return parts.map((part, index) => `${part} (${index + 1}/${parts.length})`);
}

function shown(parts: readonly TextPart[]): string[] {
  return parts.map(({ text }) => text).filter((text) => text !== "");
}

/** A handle in a pull request is somebody at GitHub: a stranger of that name at Mastodon is not called. */
function withoutMentions(text: string): string {
  return text.replace(/@(?=\w)/g, "@\u2060");
}
