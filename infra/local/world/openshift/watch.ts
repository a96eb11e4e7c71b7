import { type AnyObject, failure, type Resource } from "./objects.ts";
import type { Store } from "./store.ts";

export interface WatchRequest {
  resource: Resource;
  /** Empty or `0`: begins with all objects that are there. */
  resourceVersion: string;
  bookmarks: boolean;
  /** Null: until the client goes. */
  timeoutSeconds: number | null;
  matches(object: AnyObject): boolean;
}

/** In seconds of real time: a watch is a connection, not a thing of the emulated world. */
const BOOKMARK_SECONDS = 5;

/**
 * The body of a watch: one JSON event a line, in the order of versions. A version that the history does not reach
 * back to gets one ERROR event with 410 Gone, then the end.
 */
export function watchBody(store: Store, request: WatchRequest): ReadableStream<Uint8Array> {
  const { resource, resourceVersion, timeoutSeconds } = request;
  const encoder = new TextEncoder();
  const { apiVersion, kind } = kinds[resource];
  let stop = () => {};
  return new ReadableStream({
    start(controller) {
      const send = (type: string, object: object) =>
        controller.enqueue(encoder.encode(`${JSON.stringify({ type, object })}\n`));
      const bookmark = () => {
        const metadata = { resourceVersion: String(store.version()), creationTimestamp: null };
        if (request.bookmarks) send("BOOKMARK", { apiVersion, kind, metadata });
      };
      const initial = resourceVersion === "" || resourceVersion === "0";
      const from = initial ? store.version() : Number(resourceVersion);
      const missed = Number.isInteger(from) && from <= store.version() ? store.changesAfter(from) : null;
      if (!missed) {
        const message = `too old resource version: ${resourceVersion} (${store.version()})`;
        send("ERROR", failure(410, "Expired", message));
        controller.close();
        return;
      }
      const unsubscribe = store.subscribe((change) => {
        if (change.resource === resource && request.matches(change.object)) send(change.type, change.object);
      });
      const marking = setInterval(bookmark, BOOKMARK_SECONDS * 1000);
      const ending = setTimeout(
        () => {
          bookmark();
          stop();
          controller.close();
        },
        (timeoutSeconds ?? 3600) * 1000,
      );
      stop = () => {
        unsubscribe();
        clearInterval(marking);
        clearTimeout(ending);
      };
      const objects = initial ? store.list(resource).filter(request.matches) : [];
      for (const object of objects) send("ADDED", object);
      for (const { type, object, resource: of } of missed) {
        if (of === resource && request.matches(object)) send(type, object);
      }
    },
    cancel: () => stop(),
  });
}

export const kinds: Record<Resource, { apiVersion: string; kind: string; group: string }> = {
  pods: { apiVersion: "v1", kind: "Pod", group: "" },
  deployments: { apiVersion: "apps/v1", kind: "Deployment", group: "apps" },
  statefulsets: { apiVersion: "apps/v1", kind: "StatefulSet", group: "apps" },
  imagestreams: { apiVersion: "image.openshift.io/v1", kind: "ImageStream", group: "image.openshift.io" },
};
