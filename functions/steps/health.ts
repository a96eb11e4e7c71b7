import type { HealthReport } from "../domain/health-report.ts";
import { inspect, type Reading } from "../domain/inspection.ts";
import { type ClusterName, config, type ImageConfig } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { github } from "../services/github.ts";
import { openshift } from "../services/openshift.ts";
import { packit } from "../services/packit.ts";
import { quay } from "../services/quay.ts";
import { ledger } from "../store/ledger.ts";
import { now } from "./run-context.ts";

/**
 * Looks at an environment through all its sources at once. A source that does not answer makes its check `unknown`: it
 * is never an error of the step, since a report with a hole is worth more than none.
 */
export async function takeHealthReport(environment: ClusterName): Promise<HealthReport> {
  const { clusters, github: settings } = config();
  const { tag, serviceUrl } = clusters[environment];
  const images = imagesWithStream();
  const [pods, workloads, streams, quayTags, healthz, system, expectedVersions] = await Promise.all([
    ask(async () => await (await openshift(environment)).pods()),
    ask(async () => await (await openshift(environment)).workloads()),
    ask(async () => await (await openshift(environment)).streams()),
    digestsByImage(images, tag, environment === "production" ? await pinnedDigests() : new Map()),
    ask(async () => await packit(environment).health()),
    ask(async () => await packit(environment).system()),
    ask(() => branchHeads(environment === "staging" ? settings.mainBranch : settings.stableBranch)),
  ]);
  const report = inspect({
    environment,
    takenAt: now(),
    tag,
    images,
    pods,
    workloads,
    streams,
    quayTags,
    healthz,
    system,
    expectedVersions,
    links: { healthz: `${serviceUrl}/api/healthz`, versions: `${serviceUrl}/api/system` },
  });
  const verdicts = Object.fromEntries(report.checks.map((check) => [check.id, check.verdict]));
  log("health.inspected", { environment, verdict: report.verdict, verdicts });
  return report;
}

async function ask<T>(question: () => Promise<T>): Promise<Reading<T>> {
  try {
    return await question();
  } catch (thrown) {
    return { unreachable: messageOf(thrown) };
  }
}

function imagesWithStream(): (ImageConfig & { stream: string })[] {
  return config()
    .repositories.flatMap(({ build }) => build?.images ?? [])
    .flatMap((image) => (image.stream ? [{ ...image, stream: image.stream }] : []));
}

/** Image → the digest at which a rollback left its stream: until an approved run that is what it should hold. */
async function pinnedDigests(): Promise<Map<string, string>> {
  return new Map((await ledger().pins()).map(({ image, digest }) => [image, digest]));
}

/** Image → the digests that stand for what its tag names: the manifest, and of a list those of its architectures. */
async function digestsByImage(
  images: ImageConfig[],
  tag: string,
  pinned: ReadonlyMap<string, string>,
): Promise<Record<string, Reading<string[]>>> {
  const read = async (image: string) => {
    const pin = pinned.get(image);
    if (pin) return [pin];
    const registry = await quay();
    const found = await registry.tag(image, tag);
    if (!found) return [];
    const { architectures } = await registry.manifest(image, found.digest);
    return [found.digest, ...(architectures ?? []).map((each) => each.digest)];
  };
  const entries = images.map(async ({ name }) => [name, await ask(() => read(name))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Version key → head of the branch that the environment is built from. */
async function branchHeads(branch: string): Promise<Record<string, string>> {
  const hub = await github();
  const heads: Record<string, string> = {};
  for (const { name, versionKey } of config().repositories) {
    const head = versionKey && (await hub.branchHead(name, branch));
    if (head) heads[versionKey] = head;
  }
  return heads;
}
