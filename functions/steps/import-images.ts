import { config, type ImageConfig } from "../runtime/config.ts";
import { ImportFailed } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { openshift } from "../services/openshift.ts";
import { type Quay, quay } from "../services/quay.ts";
import { runs } from "../store/runs.ts";
import { noteRollout } from "./before-rollout.ts";
import { showProgress } from "./live-message.ts";
import { assertMayChange } from "./run-context.ts";

/**
 * Imports every image stream now (what `DEPLOYMENT=prod make import-images` does), so that nobody waits for the
 * cluster's own periodic import. A stream that holds its image already stays as it is.
 *
 * @throws ImportFailed when the cluster refuses an image, or a stream ends up with another image than the one built.
 */
export const handler = step("import-images", runInput, async ({ run }) => {
  await assertMayChange(run);
  await noteRollout(run);
  await showProgress(run, "ImportImages");
  const { production } = config().clusters;
  const cluster = await openshift("production");
  const registry = await quay();
  const built = await builtDigests(run);
  const imported: { repository: string; image: string; digest: string; streamDigest: string }[] = [];
  const existing = new Map((await cluster.streams()).map((stream) => [stream.name, stream]));

  for (const { repository, image, stream } of streamsOfConfig()) {
    const tag = existing.get(stream)?.tags.find((each) => each.tag === production.tag);
    if (!tag) {
      if (!built.has(image.name)) continue;
      throw new ImportFailed(
        `The cluster has no image stream ${stream}:${production.tag} for ${image.name}.`,
      );
    }
    const from =
      tag.from ?? `${config().quay.registry}/${config().quay.namespace}/${image.name}:${production.tag}`;
    const { digest } = await cluster.importStream(stream, production.tag, from);
    const expected = built.get(image.name);
    if (expected && !(await digestsOf(registry, image.name, expected)).includes(digest)) {
      throw new ImportFailed(
        `${stream}:${production.tag} now holds ${digest}, not the ${expected} that was built for ${image.name}: ` +
          "somebody pushed another image meanwhile. Look at Quay and plan again.",
      );
    }
    log("import-images.imported", { stream, digest });
    if (expected) imported.push({ repository, image: image.name, digest: expected, streamDigest: digest });
  }
  for (const [repository, images] of Map.groupBy(imported, (each) => each.repository)) {
    const digests = images.map(({ image, digest, streamDigest }) => [image, { digest, streamDigest }]);
    await runs().saveRepository(run, repository, { stage: "imported", images: Object.fromEntries(digests) });
  }
  return {};
});

function streamsOfConfig(): { repository: string; image: ImageConfig; stream: string }[] {
  return config().repositories.flatMap((repository) =>
    (repository.build?.images ?? []).flatMap((image) =>
      image.stream ? [{ repository: repository.name, image, stream: image.stream }] : [],
    ),
  );
}

/** Image → digest that this run built. */
async function builtDigests(run: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const repository of await runs().repositories(run)) {
    for (const [image, { digest }] of Object.entries(repository.images ?? {})) {
      if (digest) found.set(image, digest);
    }
  }
  return found;
}

/** A stream keeps one architecture's manifest of a list, so each of these is the image that was built. */
async function digestsOf(registry: Quay, image: string, digest: string): Promise<string[]> {
  const manifest = await registry.manifest(image, digest);
  return [digest, ...(manifest.architectures ?? []).map((each) => each.digest)];
}
