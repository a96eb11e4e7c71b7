import type { Pin } from "../domain/rollback.ts";
import { config } from "../runtime/config.ts";
import { ImageQuarantined, ImportFailed, messageOf, WrongImage } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { type OpenShift, openshift } from "../services/openshift.ts";
import { type Quay, quay } from "../services/quay.ts";
import { ledger } from "../store/ledger.ts";
import { type BuiltImage, type RepositoryProgress, runs } from "../store/runs.ts";
import { noteRollout } from "./before-rollout.ts";
import { imageName, imagesWithStream, type OwnedImage } from "./images.ts";
import { showProgress } from "./live-message.ts";
import { assertMayChange } from "./run-context.ts";

/**
 * Imports every image stream now (what `DEPLOYMENT=prod make import-images` does), so that nobody waits for the
 * cluster's own periodic import. A stream that a rollback left pinned follows its tag again from here on: the approval
 * said so. One whose tag still names an image that was rolled back stays pinned, and one of a repository that people
 * went on without keeps what it holds, even if its build has ended meanwhile.
 *
 * Every stream is tried before the failures are told, all in one.
 * @throws ImportFailed when the cluster refuses images; WrongImage when a stream ends up with another image than the one
 *   built, or is missing; ImageQuarantined when this run built what a person has not cleared.
 */
export const handler = step("import-images", runInput, async ({ run }) => {
  await assertMayChange(run);
  await noteRollout(run);
  await showProgress(run, "ImportImages");
  const context = await lookAround(run);
  const failures: string[] = [];
  for (const image of imagesWithStream()) {
    try {
      await importImage(run, image, context);
    } catch (thrown) {
      if (!(thrown instanceof ImportFailed)) throw thrown;
      log("import-images.refused", { stream: image.stream, reason: messageOf(thrown) }, "warn");
      failures.push(messageOf(thrown));
    }
  }
  if (failures.length > 0) throw new ImportFailed(failures.join(" "));
  for (const [repository, images] of Map.groupBy(context.imported, (each) => each.repository)) {
    const known = Object.fromEntries(images.map(({ image, built }) => [image, built]));
    await runs().saveRepository(run, repository, { stage: "imported", images: known });
  }
  return {};
});

interface Context {
  cluster: OpenShift;
  registry: Quay;
  /** Image → digest that this run built. */
  built: Map<string, string>;
  /** Stream → what its tag follows. */
  followed: Map<string, string | null>;
  /** Repositories that people went on without. */
  without: Set<string>;
  pins: Map<string, Pin>;
  quarantined: Set<string>;
  imported: { repository: string; image: string; built: BuiltImage }[];
}

async function lookAround(run: string): Promise<Context> {
  const { tag } = config().clusters.production;
  const cluster = await openshift("production");
  const streams = await cluster.streams();
  const progress = await runs().repositories(run);
  const without = progress.filter(({ stage }) => stage === "failed").map((each) => each.repository);
  return {
    cluster,
    registry: await quay(),
    built: builtDigests(progress),
    without: new Set(without),
    followed: new Map(
      streams.flatMap(({ name, tags }) =>
        tags.filter((each) => each.tag === tag).map(({ from }) => [name, from] as const),
      ),
    ),
    pins: new Map((await ledger().pins()).map((pin) => [pin.stream, pin])),
    quarantined: new Set((await ledger().quarantine()).map(({ digest }) => digest)),
    imported: [],
  };
}

async function importImage(
  run: string,
  { name, repository, stream }: OwnedImage & { stream: string },
  { cluster, registry, built, followed, without, pins, quarantined, imported }: Context,
): Promise<void> {
  const { tag } = config().clusters.production;
  if (without.has(repository)) return log("import-images.without", { stream });
  const expected = built.get(name);
  const from = followed.get(stream);
  if (from === undefined) {
    if (!expected) return;
    throw new WrongImage(
      `The cluster has no image stream ${stream}:${tag} for ${name}: make it, then try again.`,
    );
  }
  const pin = pins.get(stream);
  const source = pin || from === null ? `${imageName(name)}:${tag}` : from;
  const named = expected ?? (quarantined.size > 0 ? (await registry.tag(name, tag))?.digest : undefined);
  const manifests = named ? await manifestsOf(registry, name, named) : [];
  const held = [named ?? "", ...manifests].find((digest) => quarantined.has(digest));
  if (held) {
    if (!expected) return log("import-images.quarantined", { stream, digest: held });
    throw new ImageQuarantined(
      `${name}: ${held} was rolled back and is not imported again until somebody clears it ` +
        `(npm run rollback -- clear ${held}).`,
    );
  }
  if (expected && source === `${imageName(name)}:${tag}`) await assertTagStays(registry, name, expected);
  const { digest } = await cluster.importStream(stream, tag, source);
  if (expected && ![expected, ...manifests].includes(digest)) {
    throw new WrongImage(
      `${stream}:${tag} now holds ${digest}, not the ${expected} that was built for ${name}: ` +
        "somebody pushed another image meanwhile. Look at Quay and plan again.",
    );
  }
  log("import-images.imported", { stream, digest });
  if (expected)
    imported.push({ repository, image: name, built: { digest: expected, streamDigest: digest, manifests } });
  if (!pin) return;
  await ledger().removePin(stream);
  const text = `${stream}:${tag} follows ${source} again; the rollback of ${pin.run} had pinned it`;
  await runs().record(run, { code: "import-images.unpinned", text, key: `unpinned/${stream}` });
}

/** Before the cluster gets it: others may have pushed since the build was confirmed. */
async function assertTagStays(registry: Quay, image: string, expected: string): Promise<void> {
  const { tag } = config().clusters.production;
  const digest = (await registry.tag(image, tag))?.digest ?? "nothing";
  if (digest === expected) return;
  throw new WrongImage(
    `${image}:${tag} at Quay now names ${digest}, not the ${expected} that was built: somebody pushed another image ` +
      "meanwhile, which was not imported. Look at Quay and plan again.",
  );
}

function builtDigests(progress: readonly RepositoryProgress[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const repository of progress) {
    for (const [image, { digest }] of Object.entries(repository.images ?? {})) {
      if (digest) found.set(image, digest);
    }
  }
  return found;
}

/** Of a list, the manifests of its architectures: a stream keeps one of them, so each is the image that was built. */
async function manifestsOf(registry: Quay, image: string, digest: string): Promise<string[]> {
  const { architectures } = await registry.manifest(image, digest);
  return (architectures ?? []).map((each) => each.digest);
}
