/**
 * Text for Slack. Slack has one system of escaping for everything that people read: `&`, `<` and `>` are written as
 * entities, and what stands raw in `<…>` is a link or a mention (https://docs.slack.dev/messaging/formatting-message-text).
 */

/** Slack's limits, in UTF-16 units: the units in which JavaScript counts too. */
export const slackLimits = {
  topic: 250,
  header: 150,
  section: 3000,
  field: 2000,
  button: 75,
  buttonValue: 2000,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  url: 3000,
  /** The `text` of a message: what notifications show. More is accepted, but cut at some point. */
  fallback: 4000,
  blocks: 50,
} as const;

/** Slack's names of some emoji (without variation selectors): it returns `:warning:` where ⚠️ was sent. */
export const emojiNames: Record<string, string> = {
  "⚠": "warning",
  "🚨": "rotating_light",
  "🚧": "construction",
  "✅": "white_check_mark",
  "❌": "x",
  "🚀": "rocket",
  "🎉": "tada",
  "🔥": "fire",
  ℹ: "information_source",
  "🛠": "hammer_and_wrench",
  "🟢": "large_green_circle",
  "🔴": "red_circle",
};

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What a person sees as one character each: never cut inside one of them. */
export function splitGraphemes(text: string): string[] {
  return Array.from(graphemes.segment(text), (each) => each.segment);
}

/**
 * Text of strangers, made harmless: no mention, no link, no `<!channel>` of theirs survives. (A bare `@channel` is
 * plain text to Slack unless a message asks for parsing, which ours do not.)
 */
export function escapeSlack(text: string): string {
  return text.toWellFormed().replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** Text that Slack returned, as people see it. Mentions of people and channels (`<@U…>`, `<#C…|name>`) stay. */
export function plainFromSlack(text: string): string {
  return text
    .replace(/<((?:https?|mailto|tel):[^<>|]*)(?:\|([^<>]*))?>/g, (_, url: string, label?: string) =>
      label && url.endsWith(label) ? label : url,
    )
    .replace(/<!(\w+)(?:[^<>|]*)(?:\|([^<>]*))?>/g, (_, name: string, label?: string) => label || `@${name}`)
    .replace(/&(lt|gt|amp);/g, (_, name: "lt" | "gt" | "amp") => ({ lt: "<", gt: ">", amp: "&" })[name]);
}

/** A text as `plainFromSlack` gives it, for Slack: everything escaped but mentions of people and channels. */
export function plainToSlack(text: string): string {
  return text
    .split(/(<[@#][A-Z0-9]+(?:\|[^<>]*)?>)/)
    .map((part, index) => (index % 2 === 1 ? part : escapeSlack(part)))
    .join("");
}

/** The text in at most `limit` UTF-16 units, cut between graphemes with an ellipsis at the end. */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let kept = "";
  for (const grapheme of splitGraphemes(text.slice(0, limit + 1))) {
    if (kept.length + grapheme.length + 1 > limit) break;
    kept += grapheme;
  }
  return limit < 1 ? "" : `${kept.trimEnd()}…`;
}

/**
 * Like `escapeSlack`, in at most `limit` UTF-16 units after escaping. Cuts before it escapes, so that no entity is cut
 * in half.
 */
export function escapeWithin(text: string, limit: number): string {
  const escaped = escapeSlack(text);
  if (escaped.length <= limit) return escaped;
  let kept = "";
  for (const grapheme of splitGraphemes(text.slice(0, limit))) {
    const next = escapeSlack(grapheme);
    if (kept.length + next.length + 1 > limit) break;
    kept += next;
  }
  return limit < 1 ? "" : `${kept.trimEnd()}…`;
}

/**
 * One line: line breaks, tabs and other control characters become single spaces. Those that turn the direction of what
 * is written go: with them a stranger's title could turn our own words after it.
 */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/\p{Bidi_Control}+/gu, "")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
}

/** A link in mrkdwn; only http and https ones become links. Escapes the label. */
export function link(url: string, label: string): string {
  const text = escapeSlack(oneLine(label)).replaceAll("|", "¦");
  if (!/^https?:\/\//.test(url) || url.length > slackLimits.url) return text;
  const target = url.replace(/[<>|\s]/g, (each) => encodeURIComponent(each)).replace(/&/g, "&amp;");
  return `<${target}|${text || target}>`;
}

/** Text in a monospaced face. What looks like the end of it inside is replaced. */
export function code(text: string): string {
  return `\`${escapeSlack(oneLine(text)).replaceAll("`", "'")}\``;
}

/** A mention of a member by Slack id; anything that is no such id is shown as text. */
export function mention(memberId: string): string {
  return /^[UW][A-Z0-9]+$/.test(memberId) ? `<@${memberId}>` : escapeSlack(memberId);
}
