import type { ComparedCommit, ObjectsInput } from "../domain/objects-plan.ts";
import type { ObjectsConfig } from "../runtime/config.ts";
import { NotFound } from "../runtime/errors.ts";
import type { GitHub } from "../services/github.ts";

/** More commits than this are not looked into one by one: the rest counts as if it mattered. */
const mostCommits = 60;

/** What the deployment repository got between two commits. Null: GitHub no longer has the older commit. */
export async function compareObjects(
  hub: GitHub,
  { repository }: ObjectsConfig,
  { from, to }: { from: string; to: string },
): Promise<ObjectsInput["comparison"]> {
  if (from === to) return { commits: [], files: [] };
  try {
    const { commits, files } = await hub.compare(repository, from, to);
    const compared: ComparedCommit[] = [];
    for (const [index, { sha, message, authorLogin, authorName }] of commits.entries()) {
      const changed = index < mostCommits ? await hub.commitFiles(repository, sha) : null;
      compared.push({
        sha,
        message,
        authorLogin,
        authorName,
        files: changed?.map(({ path }) => path) ?? null,
      });
    }
    return { commits: compared, files: files.map(({ path, status }) => ({ path, status })) };
  } catch (thrown) {
    if (thrown instanceof NotFound) return null;
    throw thrown;
  }
}
