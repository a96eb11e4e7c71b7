import type { Change } from "./blog-post-kinds.ts";
import { type Block, markdownBlocks, safeInline } from "./blog-post-markdown.ts";
import { fillIn, type Period, periodWords } from "./blog-post-period.ts";
import type { Told } from "./blog-post-selection.ts";

/** How the site wants its posts. `periodWords` tells what their templates may hold. */
export interface PostTemplates {
  /** Path in the site's repository: `weekly/{weekYear}/week-{week}.md`. */
  path: string;
  /** `Packit in {month} {year}` */
  title: string;
  /** `{weeks} ({since} – {till})` */
  heading: string;
}

export interface Post {
  /** In the site's repository. */
  path: string;
  title: string;
  /** Markdown with its front matter. */
  content: string;
}

/**
 * The post as the site (Docusaurus) expects it. Text of strangers in it is safe to build.
 *
 * @param author key in the site's `authors.yml`; null leaves the line out, for a person to add.
 * @returns null when there is nothing to tell: a week without news makes no post.
 */
export function buildPost(
  told: readonly Told[],
  period: Period,
  author: string | null,
  templates: PostTemplates,
): Post | null {
  if (told.length === 0) return null;
  const words = periodWords(period);
  const title = oneLine(fillIn(templates.title, words));
  const { month, year } = words;
  const content = [
    "---",
    `title: ${yaml(title)}`,
    `date: ${period.till}`,
    ...(author === null ? [] : [`authors: ${yaml(author)}`]),
    "tags:",
    ...[`${year}-${month}`, year, month].map((tag) => `  - ${yaml(tag)}`),
    "---",
    "",
    `## ${safeInline(oneLine(fillIn(templates.heading, words)))}`,
    "",
    ...told.map(entry),
    "",
  ].join("\n");
  return { path: postPath(period, templates), title, content };
}

/** Where the post of a time stands in the site's repository. */
export function postPath(period: Period, { path }: Pick<PostTemplates, "path">): string {
  const words = periodWords(period);
  return fillIn(path, { ...words, week: words.week.replace("–", "-") });
}

/** A list item: what the author wrote, then the links. */
export function entry({ changes, note }: Told): string {
  const links = `(${changes.map(changeLink).join(", ")})`;
  const blocks = markdownBlocks(note.replace(/^ *[-*+] +(?!.*\n *[-*+] )/s, ""));
  const last = blocks.at(-1);
  if (last?.kind === "paragraph") last.lines = [`${asSentence(last.lines.join(" "))} ${links}`];
  else blocks.push({ kind: "paragraph", lines: [links] });
  return blocks.map((block, index) => indented(block, index === 0 ? "- " : "\n  ")).join("\n");
}

function indented({ lines }: Block, first: string): string {
  return `${first}${lines.join("\n  ")}`.replace(/ +$/gm, "");
}

function asSentence(text: string): string {
  return /[.!?:…)]["'”]?$/.test(text) ? text : `${text}.`;
}

/** `[packit#123](https://…)`, or the commit where there is no pull request. */
export function changeLink({ repo, number, sha, url }: Change): string {
  const name = number === null ? `${repo}@${sha.slice(0, 7)}` : `${repo}#${number}`;
  return `[${name}](${url})`;
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, " ").trim();
}

/** A YAML scalar that is a string whatever it holds: `2026` and `on` get quotes, as does what could be a key. */
function yaml(text: string): string {
  return /^[A-Za-z][\w .()–-]*$/.test(text) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text)
    ? text
    : JSON.stringify(oneLine(text));
}
