import { expectedDeployment } from "../domain/expected-deployment.ts";
import type { HealthReport } from "../domain/health-report.ts";
import { type CheckId, type Evidence, inspect, type Reading } from "../domain/inspection.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import { type ClusterName, config, type ImageConfig } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { github } from "../services/github.ts";
import { openshift } from "../services/openshift.ts";
import { packit } from "../services/packit.ts";
import { quay } from "../services/quay.ts";
import { ledger } from "../store/ledger.ts";
import type { RepositoryProgress } from "../store/runs.ts";
import { backlogs, newIssues, sentryPage, validationPulls } from "./health-sources.ts";
import { now } from "./run-context.ts";

export interface Looking {
  /** ISO 8601: issues at Sentry that are older are none of our business. */
  since: string;
  /** What a run deployed: production is judged by it, not by the branches alone. */
  deployed?: { plan: PromotionPlan; progress: readonly RepositoryProgress[] };
}

/**
 * Looks at an environment through all its sources at once. A source that does not answer makes its check `unknown`: it
 * is never an error of the step, since a report with a hole is worth more than none.
 */
export async function takeHealthReport(
  environment: ClusterName,
  { since, deployed }: Looking,
): Promise<{ report: HealthReport; evidence: Evidence }> {
  const { clusters, github: settings, health } = config();
  const { tag, metricsUrl } = clusters[environment];
  const images = imagesWithStream();
  const used = (id: CheckId) => !health.off.includes(id);
  const [pods, workloads, streams, quayTags, healthz, system, heads, sentry, validation, queues, link] =
    await Promise.all([
      ask(async () => await (await openshift(environment)).pods()),
      ask(async () => await (await openshift(environment)).workloads()),
      ask(async () => await (await openshift(environment)).streams()),
      digestsByImage(images, tag, environment === "production" ? await pinnedDigests() : new Map()),
      ask(async () => await packit(environment).health()),
      ask(async () => await packit(environment).system()),
      ask(() => branchHeads(environment === "staging" ? settings.mainBranch : settings.stableBranch)),
      config().sentry && used("sentry") ? ask(() => newIssues(environment, since)) : null,
      health.validation && used("validation") ? ask(() => validationPulls(environment)) : null,
      metricsUrl && used("queues") ? ask(() => backlogs(environment)) : null,
      ask(async () => ({ url: await sentryPage(environment, since) })),
    ]);
  const evidence: Evidence = {
    environment,
    takenAt: now(),
    thresholds: thresholdsOf(environment),
    off: health.off,
    tag,
    images,
    pods,
    workloads,
    streams,
    quayTags,
    healthz,
    system,
    ...expectedOf(heads, deployed),
    sentry,
    validation,
    queues,
    links: linksOf(environment, "url" in link ? link.url : null),
  };
  const report = inspect(evidence);
  const verdicts = Object.fromEntries(report.checks.map((check) => [check.id, check.verdict]));
  log("health.inspected", { environment, verdict: report.verdict, verdicts });
  return { report, evidence };
}

export async function ask<T extends object>(question: () => Promise<T>): Promise<Reading<T>> {
  try {
    return await question();
  } catch (thrown) {
    return { unreachable: messageOf(thrown) };
  }
}

function thresholdsOf(environment: ClusterName): Evidence["thresholds"] {
  const { restarts, startingMinutes, terminatingMinutes, newErrors, validation, queues } = config().health;
  return {
    restarts,
    startingMinutes,
    terminatingMinutes,
    newErrors: newErrors[environment],
    validationHours: validation?.maxAgeHours ?? 24,
    backlogWarning: queues.warning,
    backlogFailure: queues.failure,
  };
}

function linksOf(environment: ClusterName, sentry: string | null): Evidence["links"] {
  const { clusters, health, github: settings } = config();
  const { serviceUrl, metricsUrl } = clusters[environment];
  return {
    healthz: `${serviceUrl}/api/healthz`,
    versions: `${serviceUrl}/api/system`,
    ...(sentry ? { sentry } : {}),
    ...(health.validation ? { validation: `${settings.webUrl}/${health.validation.repository}/pulls` } : {}),
    ...(metricsUrl ? { queues: metricsUrl } : {}),
  };
}

/** Of each component: the head of its branch, or what the run expected to deploy of it. */
function expectedOf(
  heads: Reading<Record<string, string>>,
  deployed: Looking["deployed"],
): Pick<Evidence, "expectedVersions" | "notBuilt" | "due" | "kept"> {
  const nothing = { notBuilt: {}, due: { components: [], images: [] }, kept: [] };
  if ("unreachable" in heads || !deployed) return { expectedVersions: heads, ...nothing };
  const { plan, progress } = deployed;
  const stages = Object.fromEntries(progress.map((each) => [each.repository, each.stage]));
  const componentOf = new Map(config().repositories.map((each) => [each.name, each.versionKey]));
  const expected = expectedDeployment(plan, stages).flatMap((each) => {
    const component = componentOf.get(each.repository);
    return component ? [{ ...each, component }] : [];
  });
  return {
    expectedVersions: {
      ...heads,
      ...Object.fromEntries(expected.map((each) => [each.component, each.commit])),
    },
    notBuilt: Object.fromEntries(
      expected.flatMap((each) => (each.notBuilt ? [[each.component, each.notBuilt]] : [])),
    ),
    due: {
      components: expected.filter((each) => each.due).map((each) => each.component),
      images: progress
        .filter((each) => ["imported", "deployed"].includes(each.stage))
        .flatMap((each) => Object.keys(each.images ?? {})),
    },
    kept: config()
      .repositories.filter(({ name }) => stages[name] === "failed")
      .flatMap(({ build }) => (build?.images ?? []).map((image) => image.name)),
  };
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
    const found = await (await quay()).tag(image, tag);
    return found ? await digestsOfBuild(image, found.digest) : [];
  };
  const entries = images.map(async ({ name }) => [name, await ask(() => read(name))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** A manifest and, of a list, those of its architectures: a cluster that holds one of them holds this build. */
export async function digestsOfBuild(image: string, digest: string): Promise<string[]> {
  const { architectures } = await (await quay()).manifest(image, digest);
  return [digest, ...(architectures ?? []).map((each) => each.digest)];
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
