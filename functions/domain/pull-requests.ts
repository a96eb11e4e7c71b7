/** A pull request as the commit that brought it into the branch tells it. */
export interface PullRequest {
  number: number;
  title: string;
}

const merge = /^Merge pull request #(\d+) from \S+/;
const squash = /\(#(\d+)\)$/;

/** First line of a commit message. */
export function titleOf(message: string): string {
  return (message.split(/\r?\n/, 1)[0] ?? "").trim();
}

/**
 * Reads the pull request from the message of the commit that merged it: `Title (#123)` of squashes and of the
 * merging bots, or GitHub's own `Merge pull request #123 from owner/branch`, whose title stands in the first line
 * of the body. A title may name issues too, as in `docs(#1002): update tables (#1003)`: the last one counts.
 */
export function pullRequestOf(message: string): PullRequest | null {
  const title = titleOf(message);
  const merged = merge.exec(title);
  if (merged) {
    const body = message.split(/\r?\n/).slice(1);
    return { number: Number(merged[1]), title: body.find((line) => line.trim() !== "")?.trim() ?? title };
  }
  const squashed = squash.exec(title);
  if (!squashed) return null;
  return { number: Number(squashed[1]), title: title.slice(0, squashed.index).trim() || title };
}

/**
 * Whether GitHub starts no workflow for a push whose newest commit has this message.
 * The words are those of GitHub's documentation on skipping workflow runs.
 */
export function skipsWorkflows(message: string): boolean {
  const lastLine = message.trimEnd().split("\n").at(-1) ?? "";
  return (
    /\[(skip ci|ci skip|no ci|skip actions|actions skip)\]/i.test(message) ||
    /^skip-checks: ?true$/i.test(lastLine.trim())
  );
}
