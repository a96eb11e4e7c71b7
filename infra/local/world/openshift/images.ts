import { failure, type ImageStream, now, type SpecTag, type StatusTag, type Workload } from "./objects.ts";
import { ImportProblem, type Registry } from "./registry.ts";
import { TRIGGERS, type Trigger } from "./seed.ts";
import type { Store } from "./store.ts";

/** What the cluster does about image streams: imports, and the triggers of the workloads that follow them. */

export interface ImageRequest {
  from?: { kind?: string; name?: string };
  to?: { name?: string };
  importPolicy?: SpecTag["importPolicy"];
  referencePolicy?: SpecTag["referencePolicy"];
}

/** An entry of `status.images` of an ImageStreamImport. */
export interface ImageResult {
  tag: string;
  status: { metadata: object; status: string; message?: string; reason?: string; code?: number };
  image?: { metadata: { name: string }; dockerImageReference: string };
}

export interface Images {
  /** Imports one image. With `keep`, the stream's tag takes it over; without, it is only looked at. */
  importImage(
    stream: string,
    request: ImageRequest,
    keep: boolean,
    /** Why the registry refuses it; null: it does not. */
    refused: string | null,
  ): Promise<ImageResult>;
  /** Imports every tag that is to be imported regularly. */
  importScheduled(): Promise<void>;
  /** Imports the tags that follow something else than they did before a person's change of the stream. */
  importChanged(before: ImageStream | null, after: ImageStream): Promise<void>;
  /** Gives every workload the image that its trigger's stream tag holds; these are returned. */
  pullTriggers(): Workload[];
}

const KEPT_ITEMS = 20;

export function createImages(options: {
  store: Store;
  registry: Registry;
  repositoryOf(stream: string): string;
  /** A workload got another template, from an import. */
  onTemplate(workload: Workload): void;
}): Images {
  const { store, registry } = options;

  /** @param isWanted asked once the registry has answered: what a person changed meanwhile stays as it is. */
  async function importImage(
    name: string,
    request: ImageRequest,
    keep: boolean,
    { refused = null, isWanted = () => true }: { refused?: string | null; isWanted?: () => boolean } = {},
  ): Promise<ImageResult> {
    const from = request.from?.name ?? "";
    const tag = request.to?.name ?? "latest";
    try {
      if (refused)
        throw new ImportProblem(500, "InternalError", `Internal error occurred: ${from}: ${refused}`);
      const keepList = request.importPolicy?.importMode === "PreserveOriginal";
      const { digest, reference } = await registry.resolve(from, keepList);
      if (keep && isWanted()) tagged(name, tag, request, { image: digest, dockerImageReference: reference });
      const image = { metadata: { name: digest }, dockerImageReference: reference };
      return { tag, status: { metadata: {}, status: "Success" }, image };
    } catch (thrown) {
      const problem =
        thrown instanceof ImportProblem ? thrown : new ImportProblem(500, "InternalError", String(thrown));
      if (keep && isWanted()) failed(name, tag, problem);
      return { tag, status: failure(problem.code, problem.reason, problem.message) };
    }
  }

  function tagged(
    name: string,
    tag: string,
    request: ImageRequest,
    image: Pick<StatusTag["items"][number], "image" | "dockerImageReference">,
  ): void {
    const stream = store.get("imagestreams", name) ?? addStream(name);
    const known = stream.spec.tags.find((each) => each.name === tag);
    const generation = (stream.metadata.generation ?? 0) + 1;
    const status = stream.status.tags?.find((each) => each.tag === tag);
    const changed = status?.items[0]?.image !== image.image;
    const spec: SpecTag = {
      name: tag,
      from: { kind: "DockerImage", name: request.from?.name ?? "" },
      importPolicy: request.importPolicy ?? {},
      referencePolicy: request.referencePolicy ?? { type: "Source" },
      generation: changed || !known ? generation : known.generation,
    };
    const items = status?.items ?? [];
    if (changed) items.unshift({ created: now(), ...image, generation });
    const held: StatusTag = { tag, items: items.slice(0, KEPT_ITEMS) };
    stream.spec.tags = [...stream.spec.tags.filter((each) => each !== known), spec];
    stream.status.tags = [...(stream.status.tags ?? []).filter((each) => each !== status), held];
    if (changed) stream.metadata.generation = generation;
    store.update("imagestreams", stream);
    if (changed) pullTriggers().forEach(options.onTemplate);
  }

  function failed(name: string, tag: string, problem: ImportProblem): void {
    const stream = store.get("imagestreams", name);
    if (!stream) return;
    const status = stream.status.tags?.find((each) => each.tag === tag) ?? { tag, items: [] };
    const { reason, message } = problem;
    const old = status.conditions?.[0];
    if (old?.message === message) return;
    const condition = { type: "ImportSuccess", status: "False" as const, lastTransitionTime: now() };
    status.conditions = [{ ...condition, reason, message, generation: stream.metadata.generation }];
    stream.status.tags = [...(stream.status.tags ?? []).filter((each) => each.tag !== tag), status];
    store.update("imagestreams", stream);
  }

  function addStream(name: string): ImageStream {
    return store.add("imagestreams", {
      apiVersion: "image.openshift.io/v1",
      kind: "ImageStream",
      metadata: { name, generation: 0 },
      spec: { lookupPolicy: { local: false }, tags: [] },
      status: { dockerImageRepository: options.repositoryOf(name) },
    });
  }

  function pullTriggers(): Workload[] {
    const pulled: Workload[] = [];
    for (const workload of [...store.list("deployments"), ...store.list("statefulsets")]) {
      const triggers = JSON.parse(workload.metadata.annotations?.[TRIGGERS] ?? "[]") as Trigger[];
      let changed = false;
      for (const trigger of triggers) {
        const reference = heldBy(trigger.from.name);
        const wanted = /@\.name=="([^"]+)"/.exec(trigger.fieldPath)?.[1];
        const container = workload.spec.template.spec.containers.find((each) => each.name === wanted);
        if (!reference || !container || container.image === reference) continue;
        container.image = reference;
        changed = true;
      }
      if (!changed) continue;
      workload.metadata.generation = (workload.metadata.generation ?? 0) + 1;
      if (workload.kind === "Deployment") store.update("deployments", workload);
      else store.update("statefulsets", workload);
      pulled.push(workload);
    }
    return pulled;
  }

  function heldBy(streamTag: string): string | null {
    const [name = "", tag] = streamTag.split(":");
    const held = store.get("imagestreams", name)?.status.tags?.find((each) => each.tag === tag);
    return held?.items[0]?.dockerImageReference ?? null;
  }

  /** Imports what a tag of a stream says, unless it says something else by the time that the image is known. */
  async function importTag(name: string, tag: SpecTag): Promise<void> {
    const current = () => store.get("imagestreams", name)?.spec.tags.find((each) => each.name === tag.name);
    const same = (each: SpecTag | undefined) =>
      each?.from?.name === tag.from?.name && each?.importPolicy?.scheduled === tag.importPolicy?.scheduled;
    await importImage(name, { ...tag, to: { name: tag.name } }, true, { isWanted: () => same(current()) });
  }

  return {
    importImage: (stream, request, keep, refused) => importImage(stream, request, keep, { refused }),
    pullTriggers,

    async importScheduled() {
      for (const stream of store.list("imagestreams")) {
        for (const tag of stream.spec.tags) {
          if (tag.from?.kind !== "DockerImage" || !tag.importPolicy?.scheduled) continue;
          await importTag(stream.metadata.name, tag);
        }
      }
    },

    async importChanged(before, after) {
      const followed = new Map(before?.spec.tags.map((each) => [each.name, each.from?.name]));
      for (const tag of after.spec.tags) {
        if (tag.from?.kind !== "DockerImage" || followed.get(tag.name) === tag.from.name) continue;
        await importTag(after.metadata.name, tag);
      }
    },
  };
}
