import { changesOf } from "../functions/changes.ts";
import type { Change } from "../functions/domain/blog-post-kinds.ts";
import type { Config } from "../functions/runtime/config.ts";
import { secret } from "../functions/runtime/secrets.ts";
import { type ClientOptions, createClient } from "../functions/services/github-client.ts";
import { BadCommand } from "./local/bad-command.ts";

/**
 * The changes of a time in every repository that is told: one request for each, unless a hundred commits came in.
 *
 * @param period ISO 8601.
 * @throws BadCommand without credentials, and what GitHub's methods throw.
 */
export async function changesOnGitHub(
  { github, repositories }: Config,
  period: { since: string; until: string },
): Promise<Change[]> {
  const { apiUrl, owner, mainBranch } = github;
  const client = createClient({ apiUrl, owner, credentials: await credentials(), timeoutMs: 30_000 });
  const told = repositories.filter(({ blog }) => blog);
  const lists = await Promise.all(told.map(({ name }) => changesOf(client, name, mainBranch, period)));
  return lists.flat();
}

/** A person's own token comes first: whoever sets it means it. */
async function credentials(): Promise<ClientOptions["credentials"]> {
  const token = process.env.GITHUB_TOKEN?.trim();
  if (token) return { token };
  if (!process.env.STABLEHAND_SECRETS) {
    throw new BadCommand(
      "GitHub needs credentials: set GITHUB_TOKEN, or STABLEHAND_SECRETS (such as stablehand/) and AWS credentials to " +
        "ask as the App. To draft from a file: --data FILE.",
    );
  }
  const { appId, privateKey, installationId } = await secret("github");
  return { appId, privateKey, installationId };
}
