import { z } from "zod";
import type { Backend } from "./backend.ts";

const file = z.object({ content: z.string(), sha: z.string() });
const tree = z.object({ tree: z.array(z.object({ path: z.string(), type: z.string() })) });

/** Path → content of the files of a branch; empty where there is no such branch. */
export async function textFiles(
  backend: Backend,
  repository: string,
  branch: string,
): Promise<Map<string, string>> {
  const head = backend.mirror.refs(repository).get(`refs/heads/${branch}`);
  const root = head && backend.mirror.commit(repository, head)?.tree;
  if (!root) return new Map();
  const listed = tree.parse(await backend.read(`/repos/${repository}/git/trees/${root}?recursive=1`));
  const paths = listed.tree.flatMap(({ path, type }) => (type === "blob" ? [path] : []));
  const files = await Promise.all(
    paths.map(async (path) => {
      const found = file.parse(await backend.read(`/repos/${repository}/contents/${path}?ref=${head}`));
      return [path, Buffer.from(found.content, "base64").toString("utf8")] as const;
    }),
  );
  return new Map(files);
}

/** Commits a file to a branch, as a person with the right to do so. */
export async function commitFile(
  backend: Backend,
  repository: string,
  change: { branch: string; path: string; content: string; message: string; login: string },
): Promise<void> {
  const { branch, path, content, message, login } = change;
  const url = `/repos/${repository}/contents/${path}`;
  const author = {
    name: login,
    email: `${login}@users.noreply.github.com`,
    date: new Date().toISOString(),
  };
  await backend.exclusively(async () => {
    const before = file.safeParse(await backend.read(`${url}?ref=${encodeURIComponent(branch)}`));
    await backend.change("PUT", url, {
      branch,
      message,
      content: Buffer.from(content, "utf8").toString("base64"),
      author,
      committer: author,
      ...(before.success ? { sha: before.data.sha } : {}),
    });
  });
}
