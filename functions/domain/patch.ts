import { createHash } from "node:crypto";

/** A file of a commit or comparison. `patch` is its unified diff; GitHub leaves it out for binary or large files. */
export interface PatchedFile {
  path: string;
  patch?: string | null;
}

/**
 * Tells patches apart as `git patch-id` does: line numbers, whitespace, and the order of files do not count, so a
 * commit and its cherry-pick have the same id.
 *
 * @returns null when it cannot be told: there are no files, or the patch of one is missing.
 */
export function patchId(files: readonly PatchedFile[]): string | null {
  if (files.length === 0) return null;
  const parts: [string, string[]][] = [];
  for (const { path, patch } of files) {
    if (!patch) return null;
    parts.push([path, changedLines(patch)]);
  }
  parts.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** The lines of all hunks without their headers; "\ No newline at end of file" is no line. */
function changedLines(patch: string): string[] {
  return patch
    .split("\n")
    .filter((line) => !line.startsWith("@@") && !line.startsWith("\\ "))
    .map((line) => line.replace(/\s/g, ""))
    .filter((line) => line !== "");
}

/**
 * Whether a commit of the stable branch is in the main branch under another sha.
 * A patch that cannot be compared counts as not contained, so that nobody loses it unseen.
 *
 * @param mainPatchIds of the commits that the main branch has and the stable branch lacks.
 */
export function containedInMain(
  files: readonly PatchedFile[],
  mainPatchIds: ReadonlySet<string | null>,
): boolean {
  const id = patchId(files);
  return id !== null && mainPatchIds.has(id);
}
