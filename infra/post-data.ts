import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Change } from "../functions/domain/blog-post-kinds.ts";
import { pullRequestOf, titleOf } from "../functions/domain/pull-requests.ts";
import { messageOf } from "../functions/runtime/errors.ts";
import { BadCommand } from "./local/bad-command.ts";

/** A post that people published. */
export interface PublishedPost {
  /** Path in the site's repository. */
  file: string;
  /** The period that its heading names: days, the first and the last. */
  since: string;
  till: string;
  /** ISO 8601. */
  writtenAt: string;
  entries: { text: string; links: { repo: string; number: number; kind: string }[] }[];
}

/** Real weeks in a file: commits, newest first, and the posts that were written about them. */
export interface PostData {
  changes: Change[];
  /** By the time when they were written, the oldest first. */
  posts: PublishedPost[];
}

const instant = z.iso.datetime({ offset: true });
const commit = z.object({
  sha: z.string(),
  date: instant,
  message: z.string(),
  pr: z.number().int().nullable(),
});
const post = z.object({
  file: z.string(),
  since: z.iso.date(),
  till: z.iso.date(),
  writtenAt: instant,
  entries: z.array(
    z.object({
      text: z.string().default(""),
      links: z.array(z.object({ repo: z.string(), number: z.number(), kind: z.string() })),
    }),
  ),
});
const file = z.object({ commits: z.record(z.string(), z.array(commit)), posts: z.array(post).default([]) });

/**
 * Reads `{commits: {repository: [{sha, date, message, pr}]}, posts: [{file, since, till, writtenAt, entries}]}`.
 *
 * @param webUrl and `owner`: where the repositories are, for the links.
 * @throws BadCommand when the file cannot be read or has another format.
 */
export function readPostData(path: string, { webUrl, owner }: { webUrl: string; owner: string }): PostData {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (thrown) {
    throw new BadCommand(`${path} cannot be read: ${messageOf(thrown)}.`);
  }
  const parsed = file.safeParse(json);
  if (!parsed.success) {
    const { path: where = [], message = "" } = parsed.error.issues[0] ?? {};
    throw new BadCommand(
      `${path} is not in the expected format at ${where.join(".") || "its top"}: ${message}.`,
    );
  }
  const changes = Object.entries(parsed.data.commits).flatMap(([repo, commits]) =>
    commits.map(({ sha, date, message, pr }): Change => {
      const base = `${webUrl}/${owner}/${repo}`;
      return {
        repo,
        number: pr,
        sha,
        title: pullRequestOf(message)?.title ?? titleOf(message),
        description: null,
        message,
        mergedAt: date,
        author: null,
        url: pr === null ? `${base}/commit/${sha}` : `${base}/pull/${pr}`,
      };
    }),
  );
  const posts = parsed.data.posts.toSorted((a, b) => Date.parse(a.writtenAt) - Date.parse(b.writtenAt));
  return { changes, posts };
}

/** `packit#123` for each pull request that a post links. */
export function toldBy({ entries }: PublishedPost): string[] {
  const links = entries.flatMap((entry) => entry.links.filter(({ kind }) => kind === "pull"));
  return [...new Set(links.map(({ repo, number }) => `${repo}#${number}`))];
}
