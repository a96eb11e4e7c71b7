import { z } from "zod";
import type { Backend } from "./backend.ts";
import type { MirroredCommit } from "./mirror.ts";

/** GraphQL's `updateRefs`: several refs at once or none, each by compare-and-swap. And what refuses a push. */

export class Refusal extends Error {
  readonly type: "UNPROCESSABLE" | "NOT_FOUND" | "FORBIDDEN";
  constructor(type: Refusal["type"], message: string) {
    super(message);
    this.type = type;
  }
}

const zero = "0".repeat(40);

export const refUpdate = z.object({
  name: z.string().regex(/^refs\/[^/]+\/.+$/),
  beforeOid: z.string().nullish(),
  afterOid: z.string(),
  force: z.boolean().nullish(),
});

export type RefUpdate = z.output<typeof refUpdate>;

/** Whether the App may move branches over commits that change workflow files. */
export interface WorkflowsPermission {
  granted(): boolean;
  /** Is told of each refusal for want of it. */
  refused(repository: string): void;
}

/**
 * To be called inside `backend.exclusively`.
 * @throws Refusal before anything has moved.
 */
export async function updateRefs(
  backend: Backend,
  repository: string,
  updates: RefUpdate[],
  workflows: WorkflowsPermission,
): Promise<void> {
  for (const update of updates) await check(backend, repository, update, workflows);
  for (const { name, afterOid } of updates) {
    const path = `/repos/${repository}/git/${name}`;
    const now = backend.mirror.refs(repository).get(name);
    if (afterOid === zero) await backend.change("DELETE", path);
    else if (now === undefined) {
      await backend.change("POST", `/repos/${repository}/git/refs`, { ref: name, sha: afterOid });
    } else if (now !== afterOid) await backend.change("PATCH", path, { sha: afterOid, force: true });
  }
}

async function check(
  backend: Backend,
  repository: string,
  { name, beforeOid, afterOid, force }: RefUpdate,
  workflows: WorkflowsPermission,
): Promise<void> {
  const { mirror } = backend;
  const now = mirror.refs(repository).get(name) ?? zero;
  if (beforeOid && beforeOid !== now) {
    throw new Refusal(
      "UNPROCESSABLE",
      `Expected '${name}' to point to '${beforeOid}' but it pointed to '${now}'`,
    );
  }
  if (afterOid === zero) return;
  if (!mirror.commit(repository, afterOid)) {
    throw new Refusal("NOT_FOUND", `Could not resolve to a commit with the oid '${afterOid}'`);
  }
  if (now === zero || now === afterOid) return;
  if (!force && !mirror.isAncestor(repository, now, afterOid)) {
    throw new Refusal("UNPROCESSABLE", `Update to '${name}' is not a fast-forward`);
  }
  if (workflows.granted()) return;
  const path = await changedWorkflow(backend, repository, mirror.between(repository, now, afterOid));
  if (!path) return;
  workflows.refused(repository);
  throw new Refusal("FORBIDDEN", workflowRefusal(path));
}

/** What GitHub says to an App without the permission. */
export function workflowRefusal(path: string): string {
  return `refusing to allow a GitHub App to create or update workflow \`${path}\` without \`workflows\` permission`;
}

/** The first workflow file that one of the commits changes against its first parent. */
export async function changedWorkflow(
  backend: Backend,
  repository: string,
  commits: MirroredCommit[],
): Promise<string | null> {
  for (const commit of commits) {
    const parent = backend.mirror.commit(repository, commit.parents[0] ?? "");
    const before = parent ? await workflowFiles(backend, repository, parent.tree) : new Map<string, string>();
    const after = await workflowFiles(backend, repository, commit.tree);
    for (const path of new Set([...before.keys(), ...after.keys()])) {
      if (before.get(path) !== after.get(path)) return path;
    }
  }
  return null;
}

const tree = z.object({ tree: z.array(z.object({ path: z.string(), type: z.string(), sha: z.string() })) });

/** Path → sha of the workflow files in a tree. */
export async function workflowFiles(
  backend: Pick<Backend, "read">,
  repository: string,
  sha: string,
): Promise<Map<string, string>> {
  const { tree: entries } = tree.parse(
    await backend.read(`/repos/${repository}/git/trees/${sha}?recursive=1`),
  );
  const files = entries.filter(
    (entry) => entry.type === "blob" && /^\.github\/workflows\/[^/]+\.ya?ml$/.test(entry.path),
  );
  return new Map(files.map((entry) => [entry.path, entry.sha]));
}
