import {
  emojiNames,
  escapeSlack,
  oneLine,
  plainFromSlack,
  plainToSlack,
  slackLimits,
  splitGraphemes,
} from "./slack-text.ts";

/**
 * The channel's topic while a deployment runs, and the one to put back afterwards. One template for both chats, so
 * Slack's limit holds for both: 250 UTF-16 units, counted on the escaped text, which is what we send and the longest form.
 */

/** Less of a topic than this says nothing: it is dropped rather than shortened. Graphemes. */
const sensibleLength = 12;
/** So far a cut moves back to the end of a word. Graphemes. */
const longestWord = 20;

const separators = String.raw`[\s|·•–—\-:;,/]`;

/**
 * Fills `{service}` and `{topic}` (the one before) into the template, as one line of at most 250 units. The topic
 * before is what gets shortened, with an ellipsis; where nothing sensible of it fits, it goes, and its separator too.
 */
export function topicDuring(template: string, values: { service: string; topic: string }): string {
  const service = oneLine(values.service);
  const topic = oneLine(values.topic);
  const filled = topic ? fill(template, service, topic) : withoutTopic(template, service);
  if (fits(filled)) return filled;
  const shortened = shorten(topic, (part) => fits(fill(template, service, part)));
  if (shortened) return fill(template, service, shortened);
  return cutToFit(withoutTopic(template, service));
}

/**
 * What to set when the run ends, or null when there is nothing to set: a person changed the topic meanwhile (`now` is
 * not `ours`), or it is the original one already.
 */
export function topicToRestore(topics: { original: string; ours: string; now: string }): string | null {
  if (!sameTopic(topics.now, topics.ours)) return null;
  if (sameTopic(topics.now, topics.original)) return null;
  return topics.original;
}

/**
 * Whether two topics are the same to a person's eye. Slack does not return what was set: `&` comes back as `&amp;`,
 * an address as `<https://…>`, ⚠️ as `:warning:`.
 */
export function sameTopic(a: string, b: string): boolean {
  const left = pieces(a);
  const right = pieces(b);
  return left.length === right.length && left.every((piece, index) => samePiece(piece, right[index] ?? ""));
}

function fill(template: string, service: string, topic: string): string {
  return oneLine(template.replace(/\{(service|topic)\}/g, (_, name) => (name === "topic" ? topic : service)));
}

/** The filled template without the topic and what separates it: brackets around it, or the marks before or after it. */
function withoutTopic(template: string, service: string): string {
  const bare = template
    .replace(/\s*[([][^()[\]]*\{topic\}[^()[\]]*[)\]]/g, "")
    .replace(new RegExp(`^${separators}*\\{topic\\}${separators}*`), "")
    .replace(new RegExp(`${separators}*\\{topic\\}`, "g"), "");
  return fill(bare, service, "");
}

function fits(text: string): boolean {
  return escapeSlack(text).length <= slackLimits.topic && plainToSlack(text).length <= slackLimits.topic;
}

/** The longest sensible beginning of the topic for which `fitting` holds, with an ellipsis; null when there is none. */
function shorten(topic: string, fitting: (part: string) => boolean): string | null {
  const parts = splitGraphemes(topic.slice(0, slackLimits.topic + 1));
  for (let length = parts.length - 1; length >= sensibleLength; length--) {
    if (!fitting(`${parts.slice(0, length).join("")}…`)) continue;
    const kept = endOfWord(parts, length);
    return kept === null ? null : `${kept}…`;
  }
  return null;
}

/** Moves a cut back to the end of a word when one is near; an address is never cut, since half of one leads elsewhere. */
function endOfWord(parts: string[], length: number): string | null {
  const cut = parts.slice(0, length).join("");
  if (/^\s/.test(parts[length] ?? "")) return withoutTail(cut);
  const lastSpace = cut.lastIndexOf(" ");
  const word = cut.slice(lastSpace + 1);
  const address = /:\/\/|^www\./.test(word);
  const near = lastSpace > 0 && splitGraphemes(word).length <= longestWord;
  const kept = near || address ? withoutTail(cut.slice(0, Math.max(lastSpace, 0))) : cut;
  return splitGraphemes(kept).length >= sensibleLength ? kept : address ? null : cut;
}

function withoutTail(text: string): string {
  return text.replace(new RegExp(`${separators}+$`), "");
}

function cutToFit(text: string): string {
  if (fits(text)) return text;
  const parts = splitGraphemes(text.slice(0, slackLimits.topic));
  while (parts.length > 0 && !fits(`${parts.join("")}…`)) parts.pop();
  return `${parts.join("").trimEnd()}…`;
}

const emoji = String.raw`\p{RGI_Emoji}|\p{Extended_Pictographic}`;
const shortcode = String.raw`:[a-z0-9_+'\-]+:(?::skin-tone-\d:)?`;
const isShortcode = new RegExp(`^${shortcode}$`);
const isEmoji = new RegExp(`^(?:${emoji})$`, "v");
const splitter = new RegExp(`(${emoji}|${shortcode})`, "v");

const knownNames = new Set(Object.values(emojiNames));

/** The text between emoji and the emoji themselves (or their names), in turns, without what does not show. */
function pieces(text: string): string[] {
  const plain = oneLine(plainFromSlack(text).normalize("NFC"));
  return plain.split(splitter).map((piece) => oneLine(piece.replace(/[\uFE0E\uFE0F]/g, "")));
}

function samePiece(a: string, b: string): boolean {
  if (a === b) return true;
  if (isShortcode.test(a) && isEmojiPiece(b))
    return emojiNames[b] ? emojiNames[b] === a.slice(1, -1) : !isKnown(a);
  if (isShortcode.test(b) && isEmojiPiece(a)) return samePiece(b, a);
  return false;
}

function isKnown(name: string): boolean {
  return knownNames.has(name.slice(1, -1));
}

function isEmojiPiece(piece: string): boolean {
  return isEmoji.test(piece) || isEmoji.test(`${piece}\uFE0F`);
}
