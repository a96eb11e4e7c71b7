import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import type { ClusterConfig, ClusterName } from "../../../../functions/runtime/config.ts";
import type { GitHubWorld, ImageContents, QuayWorld, WorldContext } from "../context.ts";
import { stateFile } from "../state-file.ts";
import { type Ailments, createAilments, type SavedAilments } from "./ailments.ts";
import { type Cluster, createApi } from "./api.ts";
import { createImages } from "./images.ts";
import { addJobs } from "./jobs.ts";
import type { Pod } from "./objects.ts";
import { createOutside, type Outside } from "./outside.ts";
import { createRegistry, type Registry } from "./registry.ts";
import { createRollouts } from "./rollout.ts";
import { createRules } from "./rules.ts";
import { seedStream, seedWorkloads, streamImages } from "./seed.ts";
import { createStore, type SavedStore } from "./store.ts";
import { createWatchDrops } from "./watch-drops.ts";

/**
 * OpenShift: one namespace on each of two clusters, behind one address. The token decides which cluster answers.
 *
 * Image streams follow Quay, by request and every 15 minutes; workloads follow their streams; pods roll one by one, as
 * Deployments and StatefulSets do it, and show the old digest until it is their turn.
 */
export interface OpenShiftEmulator {
  /** API address of both clusters. */
  url: string;
  /** Bearer tokens of the service accounts. */
  tokens: Record<ClusterName, string>;
  /** Of a person who may do everything in the namespace. */
  adminTokens: Record<ClusterName, string>;
  /** Rights that an admin took from the service account, each as `patch imagestreams`. */
  denied: Record<ClusterName, Set<string>>;
  /** What stands outside of the clusters, as their pods see it. */
  outside: Outside;
  pods(cluster: ClusterName): Pod[];
  /** What stands in the image of the service's running pod; null while no such pod runs. */
  serviceContents(cluster: ClusterName): ImageContents | null;
  /** `verb resource.group` of every request that a cluster's service account made and was allowed. */
  rightsUsed(cluster: ClusterName): string[];
  save(): Promise<void>;
  /** Saves, ends all watches and stops. */
  close(): Promise<void>;
}

interface Saved extends Record<ClusterName, SavedStore> {
  ailments?: Record<ClusterName, SavedAilments>;
}

const SCHEDULED_IMPORT_MINUTES = 15;
/** A person's change of a stream is picked up by a controller, a moment later. */
const NOTICE_MINUTES = 0.05;
/** From a pod's creation to running: scheduling, pulling the image, starting; and so that a watch sees some of it. */
const START_MINUTES = 1;
const SLOW_START_MINUTES = 10;
const clusterNames: ClusterName[] = ["production", "staging"];

/**
 * Starts on a free port. On the first start each stream holds what Quay's tag holds, and all pods run it; a workload
 * whose tag is not at Quay has no pods until it is. Later starts go on where the last one was saved, with rollouts
 * that were under way.
 */
export async function startOpenShift(
  ctx: WorldContext,
  { quay, github }: { quay: QuayWorld; github?: Pick<GitHubWorld, "filesBelow"> },
): Promise<OpenShiftEmulator> {
  const file = stateFile<Saved>(ctx.stateDir, "openshift");
  const saved = file.load();
  const registry = createRegistry(quay, ctx.config.quay.registry);
  const make = (name: ClusterName) =>
    createCluster(ctx, {
      name,
      registry,
      saved: saved?.[name],
      ailments: createAilments({
        ctx,
        production: name === "production",
        contents: (digest) => quay.contents(digest),
        filesBelow: async (...where) => (await github?.filesBelow(...where)) ?? [],
        saved: saved?.ailments?.[name],
      }),
    });
  const clusters: Record<ClusterName, Cluster> = { production: make("production"), staging: make("staging") };
  for (const name of clusterNames) {
    const cluster = clusters[name];
    if (saved) cluster.rollouts.resume();
    else await seed(ctx, cluster, ctx.config.clusters[name]);
    // Where watches are to break off, nothing rolls before somebody watches.
    if (ctx.faults.has("watch-drops")) continue;
    ctx.timers.every(SCHEDULED_IMPORT_MINUTES, () => cluster.images.importScheduled());
  }

  const outside = createOutside();
  const app = new Hono();
  addJobs(app, clusters, outside);
  app.route("/", createApi(Object.values(clusters)));
  const { server, url } = await listen(app.fetch);

  const save = () =>
    file.save({
      production: clusters.production.store.snapshot(),
      staging: clusters.staging.store.snapshot(),
      ailments: {
        production: clusters.production.ailments.snapshot(),
        staging: clusters.staging.ailments.snapshot(),
      },
    });
  if (ctx.stateDir !== null) {
    save();
    const saveAtOnce = atOnce(save);
    for (const name of clusterNames) clusters[name].store.subscribe(saveAtOnce);
  }

  return {
    url,
    outside,
    tokens: { production: clusters.production.token, staging: clusters.staging.token },
    adminTokens: { production: clusters.production.adminToken, staging: clusters.staging.adminToken },
    denied: { production: clusters.production.denied, staging: clusters.staging.denied },
    pods: (name) => clusters[name].store.list("pods"),
    serviceContents(name) {
      const reference = runningServiceImage(clusters[name]);
      return reference ? quay.contents(reference.split("@")[1] ?? "") : null;
    },
    save: async () => save(),
    rightsUsed: (name) => clusters[name].rules.used(),
    async close() {
      save();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What changes at one go is saved at one go, before anybody outside can see it. */
function atOnce(work: () => void): () => void {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      work();
    });
  };
}

function createCluster(
  ctx: WorldContext,
  {
    name,
    registry,
    saved,
    ailments,
  }: { name: ClusterName; registry: Registry; saved: SavedStore | undefined; ailments: Ailments },
): Cluster {
  const { namespace } = ctx.config.clusters[name];
  const store = createStore(namespace, saved);
  const rollouts = createRollouts(store, {
    timers: ctx.timers,
    speed: ctx.speed,
    ailments,
    startMinutes: ctx.faults.has("watch-drops") ? SLOW_START_MINUTES : START_MINUTES,
  });
  const images = createImages({
    store,
    registry,
    repositoryOf: (stream) => `image-registry.openshift-image-registry.svc:5000/${namespace}/${stream}`,
    onTemplate(workload) {
      ctx.log("openshift", `${namespace}: ${workload.metadata.name} rolls out`);
      rollouts.reconcile(workload);
    },
  });
  return {
    namespace,
    token: newToken(),
    adminToken: newToken(),
    denied: new Set(),
    store,
    images,
    rollouts,
    onImportAsked: (stream) => ctx.events.emit("importAsked", { namespace, stream }),
    ailments,
    rules: createRules(name),
    dropsWatch: name === "production" ? createWatchDrops(ctx.faults) : () => null,
    onStreamChange(before, after) {
      ctx.timers.after(NOTICE_MINUTES, () => images.importChanged(before, after));
    },
  };
}

function newToken(): string {
  return `sha256~${randomBytes(32).toString("base64url")}`;
}

async function seed(ctx: WorldContext, cluster: Cluster, config: ClusterConfig): Promise<void> {
  for (const image of streamImages(ctx.config)) {
    cluster.store.add("imagestreams", seedStream(ctx.config, config, image));
  }
  // The streams first: so the workloads are born with their images, and nothing rolls.
  await cluster.images.importScheduled();
  for (const image of streamImages(ctx.config)) {
    for (const workload of seedWorkloads(config, image)) {
      if (workload.kind === "Deployment") cluster.store.add("deployments", workload);
      else cluster.store.add("statefulsets", workload);
    }
  }
  cluster.images.pullTriggers();
  await cluster.rollouts.startAtOnce();
}

/** The service is the workload `packit-service`; another team's is its first Deployment. */
function runningServiceImage({ store }: Cluster): string | null {
  const deployments = store.list("deployments");
  const service = deployments.find((each) => each.metadata.name === "packit-service") ?? deployments[0];
  const running = store.list("pods").filter(({ metadata, status }) => {
    const ours = service && metadata.labels?.component === service.metadata.name;
    const ready = status.containerStatuses.every((each) => each.ready);
    return ours && ready && status.phase === "Running" && !metadata.deletionTimestamp;
  });
  return running.at(-1)?.status.containerStatuses[0]?.imageID ?? null;
}

async function listen(fetch: (request: Request) => Response | Promise<Response>) {
  // Hono's own Request and Response must not replace the global ones: the functions run in this process too.
  const server = serve({ fetch, port: 0, hostname: "127.0.0.1", overrideGlobalObjects: false }) as Server;
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
}
