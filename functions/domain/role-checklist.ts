/**
 * The checklist of the weekly role, as people write it into an issue. It is theirs: words change, items come and go. So
 * an item is known by what it speaks of, and what nobody here knows is left as it is.
 */

/** What Stablehand does of the role. */
export type RoleTask =
  | "approval"
  | "staging"
  | "topics set"
  | "branches moved"
  | "images built"
  | "post drafted"
  | "production"
  | "topics back"
  | "post published"
  | "toots"
  | "deployment";

const about: [task: RoleTask, words: RegExp[]][] = [
  ["toots", [/\b(mastodon|toots?)\b/]],
  ["post published", [/\b(publish|merge|release)\b/, /\b(blog ?posts?|(weekly )?post)\b/]],
  ["post drafted", [/\b(create|write|draft|prepare|start)\b/, /\bblog ?post\b/]],
  ["topics back", [/\b(revert|restore|reset|undo|put back|change back)\b/, /\btopics?\b/]],
  ["topics set", [/\b(change|set|adjust|update|edit)\b/, /\btopics?\b/]],
  ["images built", [/\bimages?\b/, /\b(built|build|pushed|push)\b/, /\b(actions|quay|ci)\b/]],
  ["production", [/\bcheck\b/, /\bproduction\b/, /\b(state|deployment|imported|health)\b/]],
  ["staging", [/\bcheck\b/, /\b(staging|stg)\b/]],
  ["approval", [/\b(check|agree|ask|confirm)\b/, /\bteam\b/, /\b(safe|deploy\w*)\b/]],
  ["approval", [/\bproceed\b/, /\bdeploy\w*\b/]],
  ["branches moved", [/\b(move|promote|push|sync)\b/, /\bstable\b/]],
  ["deployment", [/\b(do|run|perform)\b/, /\b(weekly|production)\b/, /\b(re)?deploy\w*\b/]],
];

/** Such items are a person's, whatever else they speak of. */
const notOurs =
  /\b(clean|remove|delete|older images|firewall|vault|kubernetes|openshift objects|rollback|roll back)\b/;

/** Where the same words could mean two tasks: the one that is meant then rules the other out. */
const rulesOut: Partial<Record<RoleTask, RoleTask[]>> = {
  "topics back": ["topics set", "images built", "deployment"],
  "topics set": ["deployment"],
  "post drafted": ["post published", "branches moved"],
  production: ["images built", "deployment"],
  staging: ["deployment"],
  approval: ["deployment"],
  toots: ["post drafted"],
};

/** The tasks that an item speaks of; empty: nobody here knows it. */
export function tasksOf(item: string): RoleTask[] {
  const words = item
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*_~]/g, "")
    .replace(/\s+/g, " ");
  if (notOurs.test(words)) return [];
  const found = new Set(
    about.flatMap(([task, rules]) => (rules.every((rule) => rule.test(words)) ? [task] : [])),
  );
  const out = new Set([...found].flatMap((task) => rulesOut[task] ?? []));
  return [...found].filter((task) => !out.has(task));
}

export interface TickedChecklist {
  body: string;
  /** The items that were ticked by this, as they read. */
  ticked: string[];
}

/**
 * Ticks the items whose every task is done. Nothing else of the text changes, not even an item that is ticked and
 * should not be.
 *
 * @param leave items that stay as they are: a person took our tick back.
 */
export function tickChecklist(
  body: string,
  done: ReadonlySet<RoleTask>,
  leave: ReadonlySet<string> = new Set(),
): TickedChecklist {
  const lines = body.split("\n");
  const ticked: string[] = [];
  for (const { index, mark, text } of itemsOf(lines)) {
    const tasks = mark === " " ? tasksOf(text) : [];
    if (tasks.length === 0 || !tasks.every((task) => done.has(task)) || leave.has(text)) continue;
    lines[index] = (lines[index] ?? "").replace("[ ]", "[x]");
    ticked.push(text);
  }
  return { body: ticked.length > 0 ? lines.join("\n") : body, ticked };
}

/** The items that stand ticked and speak of what Stablehand does. */
export function tickedItems(body: string): string[] {
  return itemsOf(body.split("\n"))
    .filter(({ mark, text }) => mark !== " " && tasksOf(text).length > 0)
    .map(({ text }) => text);
}

interface Item {
  /** Of its first line. */
  index: number;
  /** What stands between the brackets. */
  mark: string;
  /** As one line. */
  text: string;
}

/** The items of task lists, but for those in blocks of code. */
function itemsOf(lines: readonly string[]): Item[] {
  const items: Item[] = [];
  let fence: string | null = null;
  for (const [index, whole] of lines.entries()) {
    // A text that was edited on GitHub's pages has CRLF.
    const line = whole.trimEnd();
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark && (fence === null || mark.startsWith(fence))) fence = fence === null ? mark : null;
    if (fence !== null) continue;
    const [, between, first] = /^\s*(?:>\s*)*(?:[-*+]|\d+[.)])\s+\[([ xX])\](\s+\S.*)$/.exec(line) ?? [];
    if (between === undefined || first === undefined) continue;
    const text = [first, ...continuation(lines, index)].join(" ").replace(/\s+/g, " ").trim();
    items.push({ index, mark: between, text });
  }
  return items;
}

/** The lines of the same item below its first one. */
function continuation(lines: readonly string[], index: number): string[] {
  const rest: string[] = [];
  for (const line of lines.slice(index + 1)) {
    if (line.trim() === "" || /^\s*(?:[-*+#>]|\d+[.)])/.test(line)) break;
    rest.push(line);
  }
  return rest;
}

export interface RoleProgress {
  run: string;
  /** How it ended, in words; null: it is under way. */
  ended: string | null;
  done: ReadonlySet<RoleTask>;
  /** Address of the post, or of its pull request. */
  post: string | null;
}

const inWords: [task: RoleTask, words: string][] = [
  ["staging", "staging inspected"],
  ["approval", "approved by the team"],
  ["topics set", "chat topics changed"],
  ["branches moved", "stable branches moved"],
  ["images built", "images built and pushed"],
  ["production", "production inspected"],
  ["topics back", "chat topics put back"],
  ["post drafted", "weekly post drafted"],
  ["post published", "weekly post published"],
  ["toots", "Mastodon posts sent"],
];

/** The one comment below the issue. All of it is our own words, but for names of runs and addresses. */
export function roleComment({ run, ended, done, post }: RoleProgress): string {
  const steps = inWords.map(([task, words]) => `- ${done.has(task) ? "✔" : "…"} ${words}`);
  return [
    `Stablehand ${ended === null ? "is doing" : "did"} the weekly deployment \`${run}\`${ended === null ? "." : `: ${ended}.`}`,
    "",
    ...steps,
    ...(post ? ["", `The post: ${post}`] : []),
  ].join("\n");
}
