import { config } from "../runtime/config.ts";
import { log } from "../runtime/logger.ts";
import { openshift } from "../services/openshift.ts";
import { runs } from "../store/runs.ts";
import { earlierRuns, now } from "./run-context.ts";

const key = "imports/held";
const releasedKey = "imports/released";

/** Streams of the configuration whose periodic import is on, under production's tag. */
async function scheduledStreams(): Promise<string[]> {
  const { repositories, clusters } = config();
  const ours = new Set(repositories.flatMap(({ build }) => build?.images ?? []).map((image) => image.stream));
  const streams = await (await openshift("production")).streams();
  return streams
    .filter(({ name }) => ours.has(name))
    .filter(({ tags }) => tags.some((each) => each.tag === clusters.production.tag && each.scheduled))
    .map(({ name }) => name);
}

/** Switches the periodic imports off, and remembers which were on before it changes the first. */
export async function holdImports(run: string): Promise<void> {
  const known = await runs().recall<string[]>(run, key);
  const held = known ?? (await runs().remember(run, key, await toHold(run))).value;
  await setAll(held, false);
}

/** Switches those on again that this run switched off; nothing where it held none. */
export async function releaseImports(run: string): Promise<void> {
  const held = await runs().recall<string[]>(run, key);
  if (!held) return;
  await setAll(held, true);
  await runs().remember(run, releasedKey, now());
}

/** What is on, and what an earlier run switched off and never on again: it died. */
async function toHold(run: string): Promise<string[]> {
  const earlier = await earlierRuns(run);
  const left = await Promise.all(
    earlier.map(async ({ id }) => {
      const held = await runs().recall<string[]>(id, key);
      return held && (await runs().recall(id, releasedKey)) === null ? held : [];
    }),
  );
  return [...new Set([...(await scheduledStreams()), ...left.flat()])];
}

async function setAll(streams: string[], scheduled: boolean): Promise<void> {
  const cluster = await openshift("production");
  const { tag } = config().clusters.production;
  for (const stream of streams) await cluster.setScheduled(stream, tag, scheduled);
  if (streams.length > 0) log("imports.scheduled", { streams, scheduled });
}
