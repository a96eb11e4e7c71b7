import { confirmPush, uniqueTagPrefix } from "../domain/build-evidence.ts";
import { config } from "../runtime/config.ts";
import { BadInput } from "../runtime/errors.ts";
import { quay } from "../services/quay.ts";
import { recallBefore } from "./before-move.ts";
import { expectedBuild } from "./build-wait.ts";
import { buildConfig } from "./run-context.ts";

export interface PushEvidence {
  /** Image → digest, of the images that are confirmed. */
  digests: Record<string, string>;
  /** Why the others are not, one sentence each. */
  missing: string[];
}

/** Asks Quay whether every image of the repository was pushed by the build that followed the move. */
export async function pushEvidence(run: string, repository: string): Promise<PushEvidence> {
  const before = await recallBefore(run, repository);
  if (!before) throw new BadInput(`${repository} was neither moved nor rebuilt by ${run}.`);
  const { sha } = await expectedBuild(run, repository);
  const registry = await quay();
  const evidence: PushEvidence = { digests: {}, missing: [] };
  for (const image of buildConfig(repository).images) {
    const tag = await registry.tag(image.name, config().clusters.production.tag);
    const uniqueTags = image.uniqueTag
      ? await registry.tagsLike(image.name, uniqueTagPrefix(image.uniqueTag, sha))
      : [];
    const found = confirmPush({
      tag,
      movedAt: before.at,
      tagBefore: before.tags[image.name] ?? null,
      uniqueTags,
      uniqueTagPattern: image.uniqueTag,
      sha,
    });
    if (found.confirmed && tag) evidence.digests[image.name] = tag.digest;
    else evidence.missing.push(`${image.name}: ${found.why}`);
  }
  return evidence;
}
