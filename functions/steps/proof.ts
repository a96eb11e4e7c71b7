import { uniqueTagPrefix } from "../domain/build-evidence.ts";
import type { Evidence, Reading } from "../domain/inspection.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import { type ImageProof, proofChain } from "../domain/proof-chain.ts";
import { config, type ImageConfig } from "../runtime/config.ts";
import { quay } from "../services/quay.ts";
import { type RepositoryProgress, runs } from "../store/runs.ts";
import { ask, digestsOfBuild } from "./health.ts";
import { repositoryConfig, stableAfter } from "./run-context.ts";

/** Stores, for every repository that the run built images of, how each leads from the commit to the pods. */
export async function proveImages(run: string, plan: PromotionPlan, evidence: Evidence): Promise<void> {
  for (const repository of plan.repositories) {
    const progress = await runs().repository(run, repository.name);
    if (!progress?.images) continue;
    const commit = stableAfter(repository);
    const images = repositoryConfig(repository.name).build?.images ?? [];
    const proof = await Promise.all(images.map((image) => proveImage({ image, commit, progress, evidence })));
    await runs().saveRepository(run, repository.name, { proof });
  }
}

interface Proving {
  image: ImageConfig;
  commit: string;
  progress: RepositoryProgress;
  evidence: Evidence;
}

async function proveImage({ image, commit, progress, evidence }: Proving): Promise<ImageProof> {
  const manifest = progress.images?.[image.name]?.digest ?? null;
  const [digests, tags] = await Promise.all([
    ask(async () => (manifest ? await digestsOfBuild(image.name, manifest) : [])),
    ask(() => tagsOfBuild(image, commit)),
  ]);
  return proofChain({
    image: image.name,
    commit,
    build: progress.buildRun ?? null,
    manifest,
    digests,
    tags,
    stream: image.stream,
    held: heldBy(image.stream, evidence),
    pods: evidence.pods,
  });
}

/** Production's tag, and those that only the build of this commit has. */
async function tagsOfBuild(image: ImageConfig, commit: string): Promise<{ name: string; digest: string }[]> {
  const registry = await quay();
  const tag = await registry.tag(image.name, config().clusters.production.tag);
  const own = image.uniqueTag
    ? await registry.tagsLike(image.name, uniqueTagPrefix(image.uniqueTag, commit))
    : [];
  return [...own, ...(tag ? [tag] : [])].map(({ name, digest }) => ({ name, digest }));
}

function heldBy(name: string | null, { streams, tag }: Evidence): Reading<{ digest: string | null }> {
  if ("unreachable" in streams) return streams;
  const stream = streams.find((each) => each.name === name);
  return { digest: stream?.tags.find((each) => each.tag === tag)?.digest ?? null };
}
