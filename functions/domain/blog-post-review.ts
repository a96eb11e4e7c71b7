import { changeLink } from "./blog-post.ts";
import type { Period } from "./blog-post-period.ts";
import type { Selection } from "./blog-post-selection.ts";
import { count, list } from "./words.ts";

/** The description of the pull request that holds a draft: what a reviewer decides, and by which rules. */

export interface ReviewContext {
  period: Period;
  /** `https://github.com` */
  webUrl: string;
  owner: string;
  /** Short names of the repositories that are told. */
  repositories: readonly string[];
  /** Those of them that are libraries. */
  libraries: readonly string[];
}

/** GitHub's Markdown. Names nobody, closes no issue and makes no link but our own, whatever the titles hold. */
export function reviewDescription(selection: Selection, context: ReviewContext): string {
  const { period } = context;
  const entries = count(selection.told.length, "entry", "entries");
  return [
    `News from ${period.since} to ${period.till}: ${entries}, drafted from the release notes of merged pull requests. ` +
      "Edit the file as you like: what people change here is not overwritten.",
    "",
    ...candidateList(selection),
    "### Where else to look",
    "",
    `- [Every pull request with release notes](${searchLink(context, true)}) of these days`,
    `- [Every merged pull request](${searchLink(context, false)}) of these days`,
    "",
    rulesOfGoodPosts(context.libraries),
  ].join("\n");
}

/** A checklist; empty without candidates. */
export function candidateList({ candidates, left }: Selection): string[] {
  if (candidates.length === 0 && left.length === 0) return [];
  const more = left.length > 0 ? [`Neither told nor listed: ${count(left.length, "more change")}.`, ""] : [];
  if (candidates.length === 0) return more;
  return [
    "### Worth a sentence?",
    "",
    "These are not in the draft. The likeliest come first; tick one when you have added it.",
    "",
    ...candidates.flatMap(({ change, reason, note }) => [
      `- [ ] ${changeLink(change)} ${inert(change.title)} · *${inert(reason)}*`,
      ...(note === null ? [] : [`      > ${inert(shortened(note, 400))}`]),
    ]),
    "",
    ...more,
  ];
}

/** GitHub's search for the pull requests that were merged on these days. */
export function searchLink(
  { webUrl, owner, repositories, period }: ReviewContext,
  withNotes: boolean,
): string {
  const query = [
    "is:pr",
    "is:merged",
    `merged:${period.since}..${period.till}`,
    ...(withNotes ? ["label:has-release-notes"] : []),
    ...repositories.map((name) => `repo:${owner}/${name}`),
  ].join(" ");
  return `${webUrl}/search?${new URLSearchParams({ type: "pullrequests", q: query })}`;
}

/**
 * One line of text as it is: no markup, mention, reference or link. GitHub reads references after it has read the
 * markup, so a backslash does not stop them: a space without width does. (A `Fixes #1` of a title would close an issue.)
 */
export function inert(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .replace(/[\\`*_{}[\]<>|~&]/g, (each) => (each === "&" ? "&amp;" : `\\${each}`))
    .replace(/[@#](?=\w)|:(?=\/\/)|\bGH-(?=\d)|\bwww(?=\.)/gi, "$&\u200B");
}

function shortened(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit).toWellFormed().trimEnd()}…` : text;
}

function rulesOfGoodPosts(libraries: readonly string[]): string {
  const internals = ["refactoring", "tests", "CI", ...libraries.map((name) => `most of \`${name}\``)];
  return `### What makes a good post

- Write for people who use the service and do not know its code: what can they do now, and what stopped being broken?
- Tell new features, bugs that people met, documentation, and what got easier. Leave out what only we notice:
  ${list(internals)}.
- Say it with an example: not "handling of configuration was improved" but "\`packit validate-config\` now finds a
  missing \`upstream_project_url\`".
- Name options and commands as they are typed, in code style, and link the documentation where there is some.
- Thank people from outside the team who contributed.
- Join what belongs together, even if it took several pull requests.
`;
}
