import type { Backlog, NewIssues, ValidationPull } from "../domain/inspection-evidence.ts";
import { sumByLabel } from "../domain/metrics-text.ts";
import { type ClusterName, config } from "../runtime/config.ts";
import { BadConfiguration, NotFound } from "../runtime/errors.ts";
import { createFlower } from "../services/flower.ts";
import { github } from "../services/github.ts";
import { packit } from "../services/packit.ts";
import { sentry } from "../services/sentry.ts";
import { ledger } from "../store/ledger.ts";
import { runs } from "../store/runs.ts";
import { importedAt } from "./production-streams.ts";
import { minutesAfter, now } from "./run-context.ts";

/** The sources of a health report that tell of the service from outside. Each throws when it cannot be asked. */

const longestTitle = 200;

export async function newIssues(environment: ClusterName, since: string): Promise<NewIssues> {
  const found = await (await sentry()).newIssues(nameAtSentry(environment), since);
  const issues = found.issues.map(({ id, shortId, title, level, count, url }) => ({
    id,
    title: `${shortId} ${title}`.slice(0, longestTitle).toWellFormed(),
    level,
    count,
    url,
  }));
  return { since, issues, more: found.more };
}

/** Where a person sees the new issues. */
export async function sentryPage(environment: ClusterName, since: string): Promise<string> {
  return (await sentry()).page(nameAtSentry(environment), since);
}

function nameAtSentry(environment: ClusterName): string {
  const settings = config().sentry;
  if (!settings) throw new BadConfiguration("sentry is not set.");
  return settings.environments[environment];
}

export async function validationPulls(environment: ClusterName): Promise<ValidationPull[]> {
  const settings = config().health.validation;
  if (!settings) throw new BadConfiguration("health.validation is not set.");
  const { repository, titlePrefix, apps } = settings;
  return await (await github()).testedPulls({ repository, titlePrefix, app: apps[environment] });
}

/** The tasks that wait, by queue. A metric that has counted nothing yet tells that nothing waits. */
export async function backlogs(environment: ClusterName): Promise<Backlog[]> {
  const { metric, label } = config().health.queues;
  const found = sumByLabel(await packit(environment).metrics(), metric, label);
  const queues = (found ?? []).map((each) => ({ queue: each.label, waiting: each.value }));
  return found && queues.length === 0 ? [{ queue: metric, waiting: 0 }] : queues;
}

/** How many tasks production's workers work on now; null: nothing is configured that tells. */
export async function activeTasks(): Promise<number | null> {
  const { clusters, health } = config();
  const { flowerUrl, metricsUrl } = clusters.production;
  if (flowerUrl) return await createFlower({ flowerUrl }).activeTasks();
  const { activeMetric, label } = health.queues;
  if (!metricsUrl || !activeMetric) return null;
  const found = sumByLabel(await packit("production").metrics(), activeMetric, label);
  if (!found) throw new NotFound(`${metricsUrl} does not tell ${activeMetric}: look at health.queues.`);
  return found.reduce((sum, each) => sum + each.value, 0);
}

const week = 7 * 24 * 60;

/** Issues at Sentry are new since the last deployment; as long as there was none, since a week. */
export async function sinceLastDeployment(): Promise<string> {
  return (await ledger().lastDeployment())?.at ?? minutesAfter(now(), -week);
}

/** Issues that this run may have brought. */
export async function sinceImport(run: string): Promise<string> {
  return (await runs().recall<string>(run, importedAt)) ?? (await sinceLastDeployment());
}
