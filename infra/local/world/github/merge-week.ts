import { pullRequestOf } from "../../../../functions/domain/pull-requests.ts";
import type { Config } from "../../../../functions/runtime/config.ts";
import type { Backend } from "./backend.ts";

/** Changes of one more week, for the repositories that are told and are moved: the titles, and their notes. */
const week = [
  {
    title: "Show how long each build waited",
    note: "The dashboard now shows how long each build waited for its turn.",
  },
  {
    title: "Tell which option is misspelled",
    note: "An unknown option is now reported with the one that was probably meant.",
  },
  { title: "Sort the imports", note: null },
];

/** A week goes by: each of the first repositories of the post gets a change. @returns `repository#number` of each. */
export async function mergeWeek(backend: Backend, config: Config): Promise<string[]> {
  const { owner, mainBranch } = config.github;
  const told = config.repositories.filter(({ blog, moved }) => blog && moved);
  const preferred = told.toSorted((a, b) => Number(b.build !== null) - Number(a.build !== null));
  const merged: string[] = [];
  for (const [index, { name }] of preferred.slice(0, week.length).entries()) {
    const change = week[index];
    if (!change) continue;
    const number = await mergeChange(backend, `${owner}/${name}`, mainBranch, change);
    merged.push(`${name}#${number}`);
  }
  return merged;
}

async function mergeChange(
  backend: Backend,
  repository: string,
  branch: string,
  { title, note }: (typeof week)[number],
): Promise<number> {
  const { mirror } = backend;
  const head = mirror.refs(repository).get(`refs/heads/${branch}`) ?? "";
  const numbers = mirror
    .between(repository, "", head)
    .map(({ message }) => pullRequestOf(message)?.number ?? 0);
  const number = numbers.reduce((a, b) => Math.max(a, b), 0) + 1;
  const block = note ? `\n\nRELEASE NOTES BEGIN\n\n${note}\n\nRELEASE NOTES END` : "";
  const author = {
    name: "somebody",
    email: "somebody@contributors.example.org",
    date: new Date(Date.now() - 3_600_000).toISOString(),
  };
  await backend.exclusively(() =>
    backend.change("PUT", `/repos/${repository}/contents/changes/${number}.md`, {
      branch,
      message: `${title} (#${number})${block}`,
      content: Buffer.from(`${title}\n`).toString("base64"),
      author,
      committer: author,
    }),
  );
  return number;
}
