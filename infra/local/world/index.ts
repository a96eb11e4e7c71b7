import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClusterConfig, Config, ConfigInput } from "../../../functions/runtime/config.ts";
import { parseConfig } from "../../../functions/runtime/config.ts";
import type { Secret, SecretName } from "../../../functions/runtime/secrets.ts";
import { startBuilder } from "./builder.ts";
import type { WorldContext } from "./context.ts";
import { startCopr } from "./copr.ts";
import { startDeployment } from "./deployment.ts";
import { divergedWeek } from "./diverged-week.ts";
import { createFaults, type Faults } from "./faults.ts";
import { startGitHub } from "./github/index.ts";
import { startMastodon } from "./mastodon.ts";
import { startMatrix } from "./matrix.ts";
import { migrationWeek } from "./migration-week.ts";
import { startOpenShift } from "./openshift/index.ts";
import { startPackit } from "./packit.ts";
import { startPeople } from "./people.ts";
import { startQuay } from "./quay.ts";
import type { WorldSeed } from "./seed.ts";
import { startSentry } from "./sentry.ts";
import { startSite } from "./site.ts";
import { startSlack } from "./slack.ts";
import { createTimers } from "./timers.ts";

export interface WorldOptions {
  /** The team's configuration, with the addresses of the real systems. */
  config: ConfigInput;
  seed: WorldSeed;
  speed: number;
  /** Folder that keeps the world; null: nothing is kept. */
  stateDir: string | null;
  targets: WorldContext["targets"];
  /** What is to go wrong; default: nothing. */
  faults?: Faults;
  log: WorldContext["log"];
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/**
 * Starts every outside system on this machine: GitHub, Quay, Copr, OpenShift, the deployed service, Sentry, Slack,
 * Matrix and Mastodon, and who builds. They talk to each other and to us as the real ones do, over HTTP with real signatures.
 */
export async function startWorld(options: WorldOptions) {
  const { config: input, speed, stateDir, targets, faults = createFaults([]), log } = options;
  const config = parseConfig(input);
  const diverged = faults.has("stable-diverged") ? divergedWeek(options.seed, config, faults) : options.seed;
  const seed = migrationWeek(diverged, config, faults);
  const timers = createTimers({
    speed,
    onError: (thrown) => log("world", `a timer failed: ${thrown instanceof Error ? thrown.stack : thrown}`),
  });
  const events: WorldContext["events"] = new EventEmitter();
  const ctx: WorldContext = { config, speed, stateDir, events, timers, faults, targets, log };

  const [github, quay, copr, slack, matrix, sentry, mastodon] = await Promise.all([
    startGitHub(ctx, seed),
    startQuay(ctx),
    startCopr(ctx),
    startSlack(ctx),
    startMatrix(ctx),
    startSentry(ctx),
    startMastodon(ctx),
  ]);
  const ahead = new Set(
    config.repositories.map(({ name }) => name).filter((name) => github.ahead(name)?.length),
  );
  const aboutToBuild = config.repositories.filter(
    ({ name, moved, waitsFor }) =>
      moved && (ahead.has(name) || waitsFor.some(({ repository }) => ahead.has(repository))),
  );
  const builder = await startBuilder(ctx, {
    github,
    quay,
    copr,
    aboutToBuild: aboutToBuild.map((each) => each.name),
  });
  const openshift = await startOpenShift(ctx, { quay, github });
  const packit = await startPackit(ctx, openshift);
  const site = await startSite(ctx, github.textFiles);
  const people = startPeople(ctx, { github, matrix, slack, builder });
  const scratch = await mkdtemp(join(tmpdir(), "stablehand-world-"));
  const deployment = await startDeployment(ctx, { github, scratch });
  const systems = { github, quay, copr, slack, matrix, mastodon, openshift, sentry };

  const { production, staging } = config.clusters;
  const emulatedCluster = (cluster: ClusterConfig, serviceUrl: string): ClusterConfig => ({
    ...cluster,
    apiUrl: openshift.url,
    serviceUrl,
    metricsUrl: cluster.metricsUrl && `${serviceUrl}${packit.metricsPath}`,
  });
  const emulated: Config = {
    ...config,
    github: { ...config.github, apiUrl: github.url },
    quay: { ...config.quay, apiUrl: quay.url },
    copr: config.copr && { ...config.copr, apiUrl: copr.url },
    clusters: {
      production: emulatedCluster(production, packit.productionUrl),
      staging: emulatedCluster(staging, packit.stagingUrl),
    },
    slack: { ...config.slack, apiUrl: slack.url },
    matrix: config.matrix && { ...config.matrix, homeserverUrl: matrix.url },
    sentry: config.sentry && { ...config.sentry, apiUrl: sentry.url },
    mastodon: config.mastodon && { ...config.mastodon, instanceUrl: mastodon.url },
    news: config.news && { ...config.news, siteUrl: site.url },
  };
  return {
    ...systems,
    builder,
    /** Null: the configuration has no Kubernetes objects. */
    deployment,
    site,
    faults,
    /** The team's configuration, with the emulators' addresses. */
    config: emulated,
    /** Secrets of these systems, without ours. */
    secrets: {
      github: {
        appId: github.appId,
        privateKey: github.privateKey,
        installationId: github.installationId,
        webhookSecrets: [github.webhookSecret],
      },
      slack: { botToken: slack.botToken, signingSecrets: [slack.signingSecret] },
      matrix: { userId: matrix.userId, accessToken: matrix.accessToken },
      sentry: { token: sentry.token },
      mastodon: { accessToken: mastodon.accessToken },
      openshift: { productionToken: openshift.tokens.production, stagingToken: openshift.tokens.staging },
      ...deployment?.secrets,
    } satisfies { [N in SecretName]?: Secret<N> },
    quayToken: quay.token,
    async save() {
      for (const system of Object.values(systems)) await system.save();
    },
    async close() {
      timers.close();
      people.close();
      deployment?.close();
      await builder.close();
      await packit.close();
      await site.close();
      for (const system of Object.values(systems)) await system.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
