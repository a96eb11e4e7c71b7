import { config } from "../runtime/config.ts";
import { openshift } from "../services/openshift.ts";

/** Image stream → digest under production's tag; null: it holds none. */
export type StreamDigests = Record<string, string | null>;

export async function productionStreams(): Promise<StreamDigests> {
  const { tag } = config().clusters.production;
  const streams = await (await openshift("production")).streams();
  return Object.fromEntries(
    streams.map(({ name, tags }) => [name, tags.find((each) => each.tag === tag)?.digest ?? null]),
  );
}

/** The fact under which a run keeps what the streams held when it began to plan. */
export const streamsAtStart = "streams-at-start";

/** The fact under which a run keeps when it began to import its images. */
export const importedAt = "imported-at";
