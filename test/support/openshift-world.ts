import { expect, onTestFinished } from "vitest";
import { parseConfig } from "../../functions/runtime/config.ts";
import { createOpenShift, type OpenShift, type Pod } from "../../functions/services/openshift.ts";
import { packit } from "../../infra/config/packit.ts";
import type { WorldContext, WorldTimers } from "../../infra/local/world/context.ts";
import { type OpenShiftEmulator, startOpenShift } from "../../infra/local/world/openshift/index.ts";
import { type QuayEmulator, startQuay } from "../../infra/local/world/quay.ts";
import { createTimers } from "../../infra/local/world/timers.ts";
import { worldContext } from "./world-context.ts";

/** The emulated clusters with the emulated Quay, and our own client of both. */

const both = ["amd64", "arm64"];

/** Everything at Quay that the clusters follow, as last week's builds left it. */
async function pushLastWeek(quay: QuayEmulator): Promise<void> {
  const at = new Date(Date.now() - 7 * 24 * 3600_000);
  for (const tag of ["prod", "stg"]) {
    for (const image of ["packit-service", "packit-worker"]) {
      await quay.push({
        image,
        tags: [tag],
        architectures: both,
        contents: { "packit-service": `${tag}1` },
        at,
      });
    }
    for (const image of ["dashboard", "packit-service-fedmsg", "tokman"]) {
      await quay.push({ image, tags: [tag], architectures: ["amd64"], contents: { [image]: `${tag}1` }, at });
    }
  }
}

export async function startCluster(changes: Partial<WorldContext> = {}) {
  const ctx = worldContext(changes);
  const quay = await startQuay(ctx);
  onTestFinished(() => quay.close());
  if (quay.isEmpty()) await pushLastWeek(quay);
  const emulator = await startOpenShift(ctx, { quay });
  onTestFinished(() => emulator.close());
  return {
    ctx,
    quay,
    emulator,
    production: clientOf(emulator, "production"),
    staging: clientOf(emulator, "staging"),
  };
}

function clientOf(emulator: OpenShiftEmulator, cluster: "production" | "staging"): OpenShift {
  const { namespace } = parseConfig(packit).clusters[cluster];
  // Nobody of ours watches staging; tests do.
  const token = cluster === "staging" ? emulator.adminTokens.staging : emulator.tokens.production;
  return createOpenShift({ apiUrl: emulator.url, namespace, token });
}

/** Pushes production's next image; returns the digest that a stream is to hold of it. */
export async function pushNext(quay: QuayEmulator, image: string, architectures = both): Promise<string> {
  const contents = { "packit-service": "beef".repeat(10) };
  const digest = await quay.push({ image, tags: ["prod"], architectures, contents, at: new Date() });
  return architectures.length === 1 ? digest : await subManifest(quay, image, digest);
}

async function subManifest(quay: QuayEmulator, image: string, digest: string): Promise<string> {
  const response = await fetch(`${quay.url}/api/v1/repository/packit/${image}/manifest/${digest}`, {
    headers: { authorization: `Bearer ${quay.token}` },
  });
  const { manifest_data: data } = (await response.json()) as { manifest_data: string };
  const { manifests } = JSON.parse(data) as {
    manifests: { digest: string; platform: { architecture: string } }[];
  };
  return manifests.find((each) => each.platform.architecture === "amd64")?.digest ?? "";
}

export const runs = (pod: Pod, digest: string) => pod.images.every((each) => each.digest === digest);
export const settled = (pod: Pod) => pod.ready && !pod.terminating;
export const of = (pods: Pod[], component: string) => pods.filter((each) => each.component === component);

/**
 * Watches until every pod of an image runs the digest, and records what was seen on the way. `begin` is called when
 * the watch has its first list, so nothing that it sets off is missed.
 */
export async function watchUntil(
  cluster: OpenShift,
  image: string,
  digest: string,
  begin: () => Promise<unknown> = async () => undefined,
): Promise<Pod[][]> {
  const seen: Pod[][] = [];
  let begun: Promise<unknown> | undefined;
  const ended = await cluster.watchPods({ timeoutSeconds: 20 }, (pods) => {
    begun ??= begin();
    const ours = pods.filter((each) => each.images.some((one) => one.image === image));
    seen.push(ours);
    return ours.length > 0 && ours.every((each) => settled(each) && runs(each, digest));
  });
  await begun;
  expect(ended).toBe("stopped");
  return seen;
}

/** So slow that no pod moves within a test. */
export function standstill(): WorldTimers {
  const timers = createTimers({ speed: 1, onError: () => undefined });
  onTestFinished(() => timers.close());
  return timers;
}

export async function send(
  emulator: OpenShiftEmulator,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  return await fetch(`${emulator.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${emulator.adminTokens.production}`, ...init.headers },
  });
}

export const workerImage = "quay.io/packit/packit-worker:prod";
