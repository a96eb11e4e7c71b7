import { accessComment } from "../domain/firewall-messages.ts";
import { type ClusterResults, resultLines } from "../domain/firewall-request.ts";
import { githubClient } from "../services/github.ts";
import { createIssues } from "../services/github-issues.ts";
import type { WantedAccess } from "./firewall-context.ts";

/** Keeps the comment below the issue that asked up to date; does nothing where no issue did. */
export async function keepAccessComment(
  run: string,
  { origin, refused }: WantedAccess,
  now: { results: ClusterResults | null; text: string | null; state: string },
): Promise<void> {
  if (!origin.issue) return;
  const { repository, number } = origin.issue;
  const text = accessComment({ ...now, refused, results: now.results ? resultLines(now.results) : [] });
  await createIssues(await githubClient()).keepComment(repository, number, { key: run, text });
}
