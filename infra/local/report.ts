import type { SFNClient } from "@aws-sdk/client-sfn";
import type { Secret } from "../../functions/runtime/secrets.ts";
import { createGitHub } from "../../functions/services/github.ts";
import { createOpenShift } from "../../functions/services/openshift.ts";
import { createQuay } from "../../functions/services/quay.ts";
import type { Baseline } from "../../functions/steps/inspect-baseline.ts";
import { ledger } from "../../functions/store/ledger.ts";
import { lock } from "../../functions/store/lock.ts";
import { newsStore } from "../../functions/store/news.ts";
import { objects } from "../../functions/store/objects.ts";
import { questions } from "../../functions/store/questions.ts";
import { runs } from "../../functions/store/runs.ts";
import { waits } from "../../functions/waits.ts";
import { readHistory, stateVisits } from "./step-functions/visits.ts";
import type { System } from "./system.ts";

/** The end state of every system, read back from that system's own API. */
export async function makeReport(system: System, run: string, execution: string) {
  const record = await runs().get(run);
  const states = await statesOf(system.stepFunctions, execution);
  const { github, monorepo } = await readGitHub(system);
  return {
    run: {
      id: run,
      status: record?.status ?? "failed",
      decision: record?.decision ?? null,
      reason: record?.reason ?? null,
      duty: record?.duty?.login ?? null,
      openedAt: record?.openedAt ?? null,
      endedAt: record?.endedAt ?? null,
    },
    /** The runs before it, newest first. */
    earlier: (await runs().list(10))
      .filter(({ id }) => id !== run)
      .map(({ id, status, reason }) => ({ id, status, reason })),
    repositories: (await runs().repositories(run)).map(
      ({ repository, stage, note, buildRun, notBuilt, proof }) => ({
        name: repository,
        stage,
        note,
        notBuilt: notBuilt ?? null,
        /** From the commit to the pods, image by image. */
        proof: proof ?? null,
        build: buildRun?.url ?? null,
      }),
    ),
    github,
    monorepo,
    quay: await readQuay(system),
    openshift: await readOpenShift(system),
    /** What a job applied, oldest first; and what was planned. */
    objects: {
      planned: await objects().plan(run),
      applied: (await system.world.deployment?.applied()) ?? [],
      builds: system.codebuild.builds().map(({ project, status }) => ({ project, status })),
      ledger: await ledger().appliedObjects(),
    },
    topics: { slack: system.world.slack.topics(), matrix: system.world.matrix.topics() },
    health: Object.fromEntries(
      await Promise.all(
        (["staging", "baseline", "production"] as const).map(
          async (name) => [name, (await runs().report(run, name))?.verdict ?? null] as const,
        ),
      ),
    ),
    /** Production after the rollout beside its baseline. */
    comparison: await runs().comparison(run),
    waits: (await waits().waitsOf(run)).map(({ keys, signal, resumedBy, seconds }) => ({
      key: signal?.key ?? keys[0] ?? "",
      resumedBy,
      seconds: Math.round(seconds * 1000) / 1000,
    })),
    news: await readNews(system, run),
    lock: await lock().holder(),
    /** What production's streams held before the run changed anything; empty when it never did. */
    baseline: (await runs().recall<Baseline>(run, "baseline"))?.streams ?? {},
    /** What a rollback left: streams at a digest, and digests that are not imported again. */
    pins: await ledger().pins(),
    quarantine: await ledger().quarantine(),
    /** What happened, for people. */
    events: (await runs().events(run)).map(({ code, text }) => ({ code, text })),
    /** What was made to go wrong, and what mended it. */
    faults: system.world.faults.log(),
    questions: await readQuestions(run),
    /** What stands in the channel, oldest first. */
    slack: (await system.world.slack.messages(system.world.slack.channelId)).map((message) => message.text),
    states,
  };
}

export type Report = Awaited<ReturnType<typeof makeReport>>;

/** The weekly post: how far it got, and where it stands at GitHub and on the site. Null: the run made none. */
async function readNews({ stepFunctions, world }: System, run: string) {
  const news = await newsStore().get(run);
  if (!news) return null;
  const { status, note, branch, pullRequest, postUrl, execution } = news;
  const post = branch ? await newsStore().post(branch) : null;
  const page = postUrl ? await fetch(postUrl) : null;
  return {
    status,
    note,
    pullRequest: pullRequest?.url ?? null,
    path: post?.path ?? null,
    tells: post?.entries.map(({ key }) => key) ?? [],
    postUrl,
    /** What the site shows at that address. */
    page: page?.ok ? await page.text() : null,
    pages: world.site.pages(),
    states: execution ? await statesOf(stepFunctions, execution) : [],
  };
}

/** The questions about steps, in the order in which they were asked. */
async function readQuestions(run: string) {
  const all = (await questions().all(run)).toSorted((a, b) => a.askedAt.localeCompare(b.askedAt));
  return await Promise.all(
    all.map(async ({ id, step, repository, error, reason }) => {
      const decision = await questions().answerTo(run, id);
      const { answer = null, by = null, at: answeredAt = null } = decision ?? {};
      return { id, step, repository, error, reason, answer, by, answeredAt };
    }),
  );
}

async function readGitHub({ config, world }: System) {
  const { appId, privateKey, installationId }: Secret<"github"> = world.secrets.github;
  const { apiUrl, owner, mainBranch, stableBranch, monorepo: settings } = config.github;
  const client = createGitHub({ apiUrl, owner, appId, privateKey, installationId });
  const sources = world.github.sources();
  const github: Record<string, { main: string | null; stable: string | null; source: object | null }> = {};
  for (const { name } of config.repositories) {
    github[name] = {
      main: await client.branchHead(name, mainBranch),
      stable: await client.branchHead(name, stableBranch),
      source: sources[name] ?? null,
    };
  }
  const modules = settings ? (await client.submodules(settings.name, settings.branch)).modules : [];
  const monorepo = Object.fromEntries(modules.map(({ path, sha }) => [path.split("/").at(-1) ?? path, sha]));
  return { github, monorepo };
}

async function readQuay({ config, world }: System): Promise<Record<string, object>> {
  const { apiUrl, namespace } = config.quay;
  const client = createQuay({ apiUrl, namespace, token: world.quayToken });
  const { tag } = config.clusters.production;
  const images: Record<string, object> = {};
  for (const image of config.repositories.flatMap(({ build }) => build?.images ?? [])) {
    const found = await client.tag(image.name, tag);
    const manifest = found && (await client.manifest(image.name, found.digest));
    images[image.name] = {
      [tag]: found?.digest ?? null,
      ...(manifest?.architectures && {
        architectures: Object.fromEntries(
          manifest.architectures.map(({ architecture, digest }) => [architecture, digest]),
        ),
      }),
    };
  }
  return images;
}

async function readOpenShift({ config, world }: System) {
  const { apiUrl, namespace, tag } = config.clusters.production;
  const client = createOpenShift({ apiUrl, namespace, token: world.secrets.openshift.productionToken });
  const streams = await client.streams();
  const pods = await client.pods();
  return {
    streams: Object.fromEntries(
      streams.map((stream) => [stream.name, stream.tags.find((each) => each.tag === tag)?.digest ?? null]),
    ),
    pods: pods.map(({ name, component, phase, images }) => ({
      name,
      component,
      phase,
      digests: images.map((each) => each.digest),
    })),
  };
}

/** Every state that was entered, in the order of entering; `within`: the Map items and Parallels around it. */
async function statesOf(client: SFNClient, execution: string) {
  return stateVisits(await readHistory(client, execution)).map(
    ({ name, scope, startedAt, endedAt, outcome }) => ({
      name,
      within: scope,
      startedAt: startedAt.toISOString(),
      endedAt: endedAt?.toISOString() ?? null,
      outcome,
    }),
  );
}
