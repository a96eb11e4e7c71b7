import { createHash } from "node:crypto";
import type { ApprovedTag, JudgedTag, KeepReason } from "./registry-cleanup.ts";
import type { Space } from "./registry-space.ts";

/** What a cleanup would do, summed up: the tags themselves are stored beside it. */
export interface CleanupPlan {
  /** Of exactly what goes: an approval is bound to it. */
  digest: string;
  /** ISO 8601. */
  madeAt: string;
  images: CleanupImage[];
  /** Images whose tags could not be read, with the name of the error: nothing of them goes. */
  unread: { image: string; error: string }[];
  /** Of all images together, so that layers which they share count once. Null: not measured, or not yet. */
  space: Space | null;
  /** Images whose notification Quay had switched off, and that was switched on again. */
  notifications: string[];
  rules: { tags: string; keep: number }[];
  keepDays: number;
}

export interface CleanupImage {
  image: string;
  tags: number;
  goes: number;
  /** Why the others stay. */
  kept: Partial<Record<KeepReason, number>>;
  /** Of this image alone. Null: not measured, or not yet. */
  space: Space | null;
}

export function goes({ keptBecause }: JudgedTag): boolean {
  return keptBecause === null;
}

/** @param images in any order; the same tags give the same digest. */
export function digestOfCleanup(images: readonly { image: string; tags: readonly JudgedTag[] }[]): string {
  const lines = images.flatMap(({ image, tags }) =>
    tags.filter(goes).map((tag) => JSON.stringify([image, ...lineOf(tag)])),
  );
  return `sha256:${createHash("sha256").update(lines.sort().join("\n")).digest("hex")}`;
}

function lineOf({ name, digest, startedAt }: ApprovedTag): string[] {
  return [name, digest, startedAt];
}

export function countKept(tags: readonly JudgedTag[]): CleanupImage["kept"] {
  const kept: CleanupImage["kept"] = {};
  for (const { keptBecause } of tags) {
    if (keptBecause !== null) kept[keptBecause] = (kept[keptBecause] ?? 0) + 1;
  }
  return kept;
}

const reasons: Record<KeepReason, string> = {
  protectedName: "its name is protected",
  inUse: "a cluster uses it",
  wayBack: "a recent run may go back to it",
  quarantined: "it was rolled back, and is kept as evidence",
  shared: "a protected tag has the same image",
  unread: "what is in it could not be read",
  noRule: "no rule is about it",
  newest: "among the newest of its kind",
  young: "not old enough",
};

/** Most telling first. */
export const keepReasons = Object.keys(reasons) as KeepReason[];

export function keptInWords(reason: KeepReason): string {
  return reasons[reason];
}
