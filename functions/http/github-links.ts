import { config } from "../runtime/config.ts";

/** Where people look at things on GitHub. */

export function compareUrl(repository: string, from: string, to: string): string {
  return `${repositoryUrl(repository)}/compare/${encodeURIComponent(from)}...${encodeURIComponent(to)}`;
}

export function commitUrl(repository: string, sha: string): string {
  return `${repositoryUrl(repository)}/commit/${encodeURIComponent(sha)}`;
}

export function pullRequestUrl(repository: string, number: number): string {
  return `${repositoryUrl(repository)}/pull/${number}`;
}

/** The first 7 characters: how people write a commit. */
export function short(sha: string): string {
  return sha.slice(0, 7);
}

function repositoryUrl(repository: string): string {
  const { webUrl, owner } = config().github;
  return `${webUrl}/${owner}/${encodeURIComponent(repository)}`;
}
