import { z } from "zod";
import type { Backend } from "./backend.ts";
import type { Mirror } from "./mirror.ts";
import type { PullRecord } from "./pull-records.ts";

const tree = z.object({
  tree: z.array(z.object({ path: z.string(), mode: z.string(), type: z.string(), sha: z.string() })),
});
const made = z.object({ sha: z.string() });

type Files = Map<string, { mode: string; sha: string }>;

/**
 * Squashes what a pull request changes onto the newest commit of its base. To be called inside `backend.exclusively`.
 * @returns the commit; null: both sides changed the same file.
 */
export async function squash(backend: Backend, pull: PullRecord, message: string): Promise<string | null> {
  const { repository, base, head } = pull;
  const { mirror } = backend;
  const onto = mirror.refs(repository).get(`refs/heads/${base}`) ?? "";
  const from = commonAncestor(mirror, repository, onto, head);
  const [before, theirs, ours] = await Promise.all(
    [from, onto, head].map((sha) => filesOf(backend, repository, sha)),
  );
  if (!before || !theirs || !ours) return null;
  const paths = [...new Set([...before.keys(), ...ours.keys()])];
  const changed = paths.filter((path) => before.get(path)?.sha !== ours.get(path)?.sha);
  if (changed.some((path) => before.get(path)?.sha !== theirs.get(path)?.sha)) return null;

  const entries = changed.map((path) => ({
    path,
    mode: ours.get(path)?.mode ?? "100644",
    type: "blob",
    sha: ours.get(path)?.sha ?? null,
  }));
  const baseTree = mirror.commit(repository, onto)?.tree;
  const root = `/repos/${repository}/git`;
  const newTree = made.parse(
    await backend.change("POST", `${root}/trees`, { base_tree: baseTree, tree: entries }),
  );
  const author = { name: "stablehand[bot]", email: "stablehand@example.org", date: new Date().toISOString() };
  const commit = made.parse(
    await backend.change("POST", `${root}/commits`, {
      message,
      tree: newTree.sha,
      parents: [onto],
      author,
      committer: author,
    }),
  );
  await backend.change("PATCH", `${root}/refs/heads/${base}`, { sha: commit.sha, force: false });
  return commit.sha;
}

async function filesOf(backend: Backend, repository: string, sha: string): Promise<Files | null> {
  const root = backend.mirror.commit(repository, sha)?.tree;
  if (!root) return null;
  const listed = tree.parse(await backend.read(`/repos/${repository}/git/trees/${root}?recursive=1`));
  return new Map(
    listed.tree.flatMap(({ path, mode, type, sha: blob }) =>
      type === "blob" ? [[path, { mode, sha: blob }]] : [],
    ),
  );
}

/** The newest one on the line of first parents; histories here have no other. */
function commonAncestor(mirror: Mirror, repository: string, one: string, other: string): string {
  for (let sha = one; sha; sha = mirror.commit(repository, sha)?.parents[0] ?? "") {
    if (mirror.isAncestor(repository, sha, other)) return sha;
  }
  return "";
}
