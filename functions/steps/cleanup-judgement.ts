import { type Holds, type JudgedTag, judgeTags, type RegistryTag } from "../domain/registry-cleanup.ts";
import type { ManifestContents } from "../domain/registry-space.ts";
import { config } from "../runtime/config.ts";
import { clusterReferences } from "../services/openshift-references.ts";
import { cleanups } from "../store/cleanups.ts";
import { type RunKind, runs } from "../store/runs.ts";
import { cleanupConfig } from "./cleanup-context.ts";
import { now } from "./run-context.ts";

/**
 * What nobody may delete, as it is now: what both clusters name, what the last runs built or could go back to, what a
 * rollback put aside.
 * @throws StablehandError when any of it cannot be read: then nothing may be deleted.
 */
export async function readHolds(): Promise<Holds> {
  const digests = new Map<string, "inUse" | "wayBack" | "quarantined">();
  const tags = new Set<string>();
  const { registry, namespace } = config().quay;
  const prefix = `${registry}/${namespace}/`;
  const [production, staging, recorded, quarantined] = await Promise.all([
    clusterReferences("production"),
    clusterReferences("staging"),
    recordedDigests(),
    cleanups().quarantined(),
  ]);
  for (const digest of recorded) digests.set(digest, "wayBack");
  for (const digest of quarantined) digests.set(digest, "quarantined");
  for (const { digests: used, names } of [production, staging]) {
    for (const digest of used) digests.set(digest, "inUse");
    for (const each of names) if (each.startsWith(prefix)) tags.add(each.slice(prefix.length));
  }
  return { digests, tags };
}

/** Runs of these kinds bring no images. */
const idle: readonly RunKind[] = ["cleanup", "firewall", "dry-run"];

/** Of the last deployments, and of what was started to take one back. */
async function recordedDigests(): Promise<Set<string>> {
  const { keepRuns } = cleanupConfig();
  const listed = await runs().list(keepRuns * 4);
  const deployments = listed.filter(({ kind }) => !idle.includes(kind));
  return await cleanups().recordedDigests(deployments.slice(0, keepRuns).map(({ id }) => id));
}

/** Names that stay whatever is configured. */
const alwaysKept = ["prod", "stg", "latest"];

export function judgeImage(
  image: string,
  tags: readonly RegistryTag[],
  { holds, lists }: { holds: Holds; lists: ReadonlyMap<string, ManifestContents> },
): JudgedTag[] {
  const { rules, keepDays, keepTags } = cleanupConfig();
  const { production, staging } = config().clusters;
  return judgeTags(tags, {
    image,
    holds,
    rules: { rules, keepDays, keepTags: [...alwaysKept, production.tag, staging.tag, ...keepTags] },
    inList: (digest) => lists.get(digest)?.manifests ?? null,
    now: now(),
  });
}
