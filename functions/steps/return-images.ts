import type { StreamReturn, TagReturn } from "../domain/rollback.ts";
import { config } from "../runtime/config.ts";
import { WrongImage } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { step } from "../runtime/step.ts";
import { openshift } from "../services/openshift.ts";
import { quay } from "../services/quay.ts";
import { ledger } from "../store/ledger.ts";
import { runs } from "../store/runs.ts";
import { imageName } from "./images.ts";
import { rollbackInput } from "./open-rollback.ts";
import { recallPlan } from "./rollback-plan.ts";
import { assertMayChange, now } from "./run-context.ts";

/**
 * Returns the tags at Quay that no stream follows, and then the image streams, to the digests from before the run. What
 * was taken back is in quarantine and every stream is noted as pinned before the first one changes.
 * @throws ImportFailed with the cluster's words; WrongImage when a stream ends up with another image.
 */
export const handler = step("return-images", rollbackInput, async ({ run, of, number }) => {
  await assertMayChange(run);
  const { tag } = config().clusters.production;
  const { streams, tags } = await recallPlan(run, number);
  await noteTaken(of, [...streams, ...tags]);
  for (const { stream, image, to, from } of streams) {
    await ledger().setPin({ stream, image, digest: to, instead: from, run: of, at: now() });
  }
  for (const { image, to } of tags) {
    await (await quay()).setTag(image, tag, to);
    log("return-images.tagged", { image, to });
  }
  const cluster = await openshift("production");
  for (const { stream, image, to } of streams) {
    const { digest } = await cluster.importStream(stream, tag, `${imageName(image)}@${to}`);
    if (digest !== to) throw new WrongImage(`${stream}:${tag} holds ${digest} after its return, not ${to}.`);
    log("return-images.returned", { stream, to });
  }
  for (const [repository, all] of Map.groupBy([...streams, ...tags], (each) => each.repository)) {
    const note = `back at the ${all.length === 1 ? "image" : "images"} from before ${of}`;
    await runs().saveRepository(of, repository, { stage: "rolledBack", note });
    await forgetBuild(run, of, repository);
  }
  return {};
});

/**
 * A run that had finished wrote down what it built. That is not what runs any more, so the ledger says again what was
 * built before: the next plan then knows that something is to be built.
 */
async function forgetBuild(run: string, of: string, repository: string): Promise<void> {
  if ((await ledger().built(repository))?.run !== of) return;
  const plan = await runs().approved(of);
  const planned = plan?.repositories.find((each) => each.name === repository);
  if (!plan || !planned) return;
  const byName = new Map(plan.repositories.map((each) => [each.name, each]));
  const dependencies = planned.waitsFor.flatMap((wait) => {
    const from = byName.get(wait.repository)?.from;
    return from ? [[wait.repository, from] as const] : [];
  });
  const before = planned.lastBuilt ?? {
    commit: planned.from,
    dependencies: Object.fromEntries(dependencies),
  };
  await ledger().setBuilt(repository, { ...before, run });
}

/** The digest at Quay as well as the one that the stream held: of several architectures these differ. */
async function noteTaken(of: string, returned: readonly (StreamReturn | TagReturn)[]): Promise<void> {
  const built = new Map(
    (await runs().repositories(of)).flatMap(({ images }) => Object.entries(images ?? {})),
  );
  for (const { image, from, to } of returned) {
    const digests = new Set([from, built.get(image)?.digest ?? from]);
    for (const digest of digests) {
      if (digest !== to) await ledger().setQuarantined({ digest, image, run: of, at: now() });
    }
  }
}
