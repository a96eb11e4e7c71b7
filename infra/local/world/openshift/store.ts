import { randomUUID } from "node:crypto";
import {
  type AnyObject,
  type Metadata,
  now,
  type Resource,
  type Resources,
  resourceNames,
} from "./objects.ts";

/** What happened to an object; `version` is the store's version after it. */
export interface Change {
  resource: Resource;
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: AnyObject;
  version: number;
}

export interface SavedStore {
  version: number;
  objects: { [R in Resource]: Resources[R][] };
}

/** An object before the store gave it its identity. */
export type Draft<T extends AnyObject> = Omit<T, "metadata"> & {
  metadata: Partial<Metadata> & { name: string };
};

/** As many changes as a watch may be behind before it gets 410 Gone, and has to list again. */
const HISTORY = 1000;

/** The objects of one namespace, with versions and a history, as etcd keeps them. */
export interface Store {
  list<R extends Resource>(resource: R): Resources[R][];
  get<R extends Resource>(resource: R, name: string): Resources[R] | null;
  add<R extends Resource>(resource: R, draft: Draft<Resources[R]>): Resources[R];
  /** Replaces an object; one that is equal to the stored one changes nothing, not even the version. */
  update<R extends Resource>(resource: R, object: Resources[R]): Resources[R];
  remove(resource: Resource, name: string): void;
  version(): number;
  /** All changes after a version; null when the history does not reach back so far. */
  changesAfter(version: number): Change[] | null;
  /** Returns what ends the subscription. */
  subscribe(listener: (change: Change) => void): () => void;
  snapshot(): SavedStore;
}

/** Objects that go in and out are copies: nobody can change what is stored but through the store. */
export function createStore(namespace: string, saved?: SavedStore): Store {
  const objects = new Map<Resource, Map<string, AnyObject>>();
  for (const resource of resourceNames) {
    const list: AnyObject[] = saved?.objects[resource] ?? [];
    objects.set(resource, new Map(list.map((each) => [each.metadata.name, each])));
  }
  let version = saved?.version ?? 1000;
  // After a restart nothing is known of what happened before, so older versions are gone.
  let oldest = version;
  let history: Change[] = [];
  const listeners = new Set<(change: Change) => void>();

  const table = (resource: Resource) => objects.get(resource) as Map<string, AnyObject>;

  function record(resource: Resource, type: Change["type"], object: AnyObject): void {
    version += 1;
    object.metadata.resourceVersion = String(version);
    const change: Change = { resource, type, object: structuredClone(object), version };
    history.push(change);
    if (history.length > HISTORY) {
      history = history.slice(-HISTORY / 2);
      oldest = (history[0] as Change).version - 1;
    }
    for (const listener of [...listeners]) listener(change);
  }

  return {
    list: <R extends Resource>(resource: R) =>
      [...table(resource).values()]
        .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
        .map((each) => structuredClone(each) as Resources[R]),

    get: <R extends Resource>(resource: R, name: string) =>
      (structuredClone(table(resource).get(name)) as Resources[R] | undefined) ?? null,

    add<R extends Resource>(resource: R, draft: Draft<Resources[R]>) {
      const metadata = { namespace, uid: randomUUID(), creationTimestamp: now(), ...draft.metadata };
      // A draft is an object that only lacks the metadata that the store gives.
      const object = structuredClone({ ...draft, metadata }) as unknown as Resources[R];
      table(resource).set(draft.metadata.name, object);
      record(resource, "ADDED", object);
      return structuredClone(object);
    },

    update<R extends Resource>(resource: R, object: Resources[R]) {
      const stored = table(resource).get(object.metadata.name);
      const next = structuredClone(object);
      if (stored && sameContent(stored, next)) return structuredClone(stored) as Resources[R];
      table(resource).set(object.metadata.name, next);
      record(resource, "MODIFIED", next);
      return structuredClone(next);
    },

    remove(resource, name) {
      const object = table(resource).get(name);
      if (!object) return;
      table(resource).delete(name);
      record(resource, "DELETED", object);
    },

    version: () => version,
    changesAfter: (from) => (from < oldest ? null : history.filter((each) => each.version > from)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot() {
      const of = <R extends Resource>(resource: R) => [...table(resource).values()] as Resources[R][];
      return structuredClone({
        version,
        objects: {
          pods: of("pods"),
          deployments: of("deployments"),
          statefulsets: of("statefulsets"),
          imagestreams: of("imagestreams"),
        },
      });
    },
  };
}

function sameContent(a: AnyObject, b: AnyObject): boolean {
  const content = (each: AnyObject) =>
    JSON.stringify({ ...each, metadata: { ...each.metadata, resourceVersion: "" } });
  return content(a) === content(b);
}
