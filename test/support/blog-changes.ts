import type { Change } from "../../functions/domain/blog-post-kinds.ts";

/** A change as GitHub tells it; `note` becomes the block in its description. */
export function blogChange(
  repo: string,
  number: number,
  title: string,
  { note, ...rest }: Partial<Change> & { note?: string } = {},
): Change {
  return {
    repo,
    number,
    sha: `${number}`.padStart(40, "0"),
    title,
    description:
      note === undefined ? "Words." : `Words.\n\nRELEASE NOTES BEGIN\n${note}\nRELEASE NOTES END\n`,
    message: `${title} (#${number})`,
    mergedAt: "2026-11-20T10:00:00Z",
    author: "ada",
    url: `https://github.com/packit/${repo}/pull/${number}`,
    ...rest,
  };
}

export const blogRules = {
  order: ["packit", "packit-service", "dashboard", "ogr", "specfile"],
  libraries: ["ogr", "specfile"],
  candidates: 10,
  maxAgeDays: 28,
};
