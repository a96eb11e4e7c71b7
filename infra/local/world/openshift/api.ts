import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Ailments } from "./ailments.ts";
import type { ImageRequest, Images } from "./images.ts";
import { type AnyObject, failure, type ImageStream, type Resource } from "./objects.ts";
import { BadPatch, jsonPatch, mergePatch } from "./patch.ts";
import type { Rollouts } from "./rollout.ts";
import { everything, type Rules } from "./rules.ts";
import { BadSelector, fieldSelector, labelSelector } from "./selectors.ts";
import type { Store } from "./store.ts";
import { kinds, watchBody } from "./watch.ts";
import { cutOff, type Drop } from "./watch-drops.ts";

/** A namespace with what runs in it, and the token that opens it. */
export interface Cluster {
  namespace: string;
  /** Of our service account, and of a person who may do everything in the namespace. */
  token: string;
  adminToken: string;
  /** Rights that the service account lacks: `patch imagestreams`. */
  denied: Set<string>;
  store: Store;
  images: Images;
  rollouts: Rollouts;
  ailments: Ailments;
  /** What the service account may do. */
  rules: Rules;
  /** How the next watch of the pods goes wrong. */
  dropsWatch(): Drop;
  /** A person or a program changed a stream by patch or put. */
  onStreamChange(before: ImageStream, after: ImageStream): void;
  /** Somebody asks for an import. */
  onImportAsked(stream: string): void;
}

/** The part of the API that deployments need. Each cluster is found by its token, as if each had its own address. */
export function createApi(clusters: Cluster[]): Hono {
  const app = new Hono();
  const byToken = new Map<string, Cluster>(
    clusters.flatMap((each) => [
      [`Bearer ${each.token}`, each] as const,
      [`Bearer ${each.adminToken}`, { ...each, rules: everything }] as const,
    ]),
  );

  /** Runs `work` for the cluster of the token: 401 without one, 403 for another namespace. */
  const within =
    (resource: string, verb: string, work: (cluster: Cluster, c: Context) => Response | Promise<Response>) =>
    async (c: Context): Promise<Response> => {
      const cluster = byToken.get(c.req.header("authorization") ?? "");
      if (!cluster) return answer(c, 401, "Unauthorized", "Unauthorized");
      const namespace = c.req.param("namespace");
      const asked = verb === "list" && isWatch(c) ? "watch" : verb;
      if (namespace !== cluster.namespace || !mayDo(cluster, asked, resource)) {
        const user = `system:serviceaccount:${cluster.namespace}:stablehand`;
        const what = `cannot ${asked} resource "${resource}" in API group "${groupOf(resource)}"`;
        const message = `${resource} is forbidden: User "${user}" ${what} in the namespace "${namespace}"`;
        return answer(c, 403, "Forbidden", message);
      }
      try {
        return await work(cluster, c);
      } catch (thrown) {
        if (thrown instanceof BadSelector) return answer(c, 400, "BadRequest", thrown.message);
        if (thrown instanceof BadPatch) return answer(c, 422, "Invalid", thrown.message);
        if (thrown instanceof SyntaxError) return answer(c, 400, "BadRequest", "the body is not JSON");
        throw thrown;
      }
    };

  for (const resource of Object.keys(kinds) as Resource[]) {
    const { apiVersion } = kinds[resource];
    const prefix = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
    const path = `${prefix}/namespaces/:namespace/${resource}`;
    app.get(
      path,
      within(resource, "list", (cluster, c) => list(cluster, resource, c)),
    );
    app.get(
      `${path}/:name`,
      within(resource, "get", (cluster, c) => get(cluster, resource, c)),
    );
  }
  const images = "/apis/image.openshift.io/v1/namespaces/:namespace";
  app.delete("/api/v1/namespaces/:namespace/pods/:name", within("pods", "delete", deletePod));
  app.put(`${images}/imagestreams/:name`, within("imagestreams", "update", putStream));
  app.patch(`${images}/imagestreams/:name`, within("imagestreams", "patch", patchStream));
  app.post(`${images}/imagestreamimports`, within("imagestreamimports", "create", importImages));
  app.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", async (c) => {
    const cluster = byToken.get(c.req.header("authorization") ?? "");
    if (!cluster) return answer(c, 401, "Unauthorized", "Unauthorized");
    return c.json(reviewAccess(cluster, (await c.req.json()) as AccessReview), 201);
  });
  app.notFound((c) => answer(c, 404, "NotFound", "the server could not find the requested resource"));
  app.onError((error, c) => answer(c, 500, "InternalError", `Internal error occurred: ${error.message}`));
  return app;
}

interface AccessReview {
  spec?: {
    resourceAttributes?: {
      namespace?: string;
      verb?: string;
      group?: string;
      resource?: string;
      subresource?: string;
    };
  };
}

/** What its role allows, but for what an admin took from it. */
function mayDo(
  { rules, denied }: Cluster,
  verb: string,
  resource: string,
  group = groupOf(resource),
): boolean {
  return rules.allow(verb, group, resource) && !denied.has(`${verb} ${resource}`);
}

function reviewAccess(cluster: Cluster, review: AccessReview): Record<string, unknown> {
  const asked = review.spec?.resourceAttributes ?? {};
  const { namespace, verb = "", group = "", resource = "", subresource } = asked;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const allowed = namespace === cluster.namespace && mayDo(cluster, verb, what, group);
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    metadata: {},
    spec: review.spec,
    status: { allowed, reason: allowed ? "RBAC: allowed by RoleBinding" : "" },
  };
}

function list({ store, dropsWatch }: Cluster, resource: Resource, c: Context): Response {
  const labels = labelSelector(c.req.query("labelSelector") ?? "");
  const fields = fieldSelector(c.req.query("fieldSelector") ?? "");
  const matches = (object: AnyObject) => labels(object) && fields(object);
  if (isWatch(c)) {
    const drop = resource === "pods" ? dropsWatch() : null;
    if (drop === "gone") return answer(c, 410, "Expired", "too old resource version");
    if (drop === "limited") return limited(c);
    const seconds = c.req.query("timeoutSeconds");
    const body = watchBody(store, {
      resource,
      matches,
      // Older than anything that the history reaches back to.
      resourceVersion: drop === "expired" ? "1" : (c.req.query("resourceVersion") ?? ""),
      bookmarks: c.req.query("allowWatchBookmarks") === "true",
      timeoutSeconds: seconds === undefined ? null : Number(seconds),
    });
    // Named by hand so that the server sends each event as it comes, instead of collecting the first ones.
    return c.body(drop === "cut" ? cutOff(body) : body, 200, {
      "content-type": "application/json",
      "transfer-encoding": "chunked",
    });
  }
  const { apiVersion, kind } = kinds[resource];
  const metadata = { resourceVersion: String(store.version()) };
  return c.json({ apiVersion, kind: `${kind}List`, metadata, items: store.list(resource).filter(matches) });
}

function get({ store }: Cluster, resource: Resource, c: Context): Response {
  const object = store.get(resource, nameIn(c));
  return object ? c.json(object) : notFound(c, resource);
}

async function deletePod({ store, rollouts }: Cluster, c: Context): Promise<Response> {
  const text = await c.req.text();
  const options = (text === "" ? {} : JSON.parse(text)) as {
    gracePeriodSeconds?: number;
    preconditions?: { uid?: string };
  };
  const asked = c.req.query("gracePeriodSeconds");
  const grace = asked === undefined ? (options.gracePeriodSeconds ?? null) : Number(asked);
  const uid = store.get("pods", nameIn(c))?.metadata.uid;
  const meant = options.preconditions?.uid;
  if (uid && meant && uid !== meant) {
    const what = `the UID in the precondition (${meant}) does not match the UID in record (${uid})`;
    return answer(
      c,
      409,
      "Conflict",
      `Precondition failed: ${what}. The object might have been deleted and then recreated`,
    );
  }
  const pod = rollouts.deletePod(nameIn(c), grace);
  return pod ? c.json(pod) : notFound(c, "pods");
}

async function putStream(cluster: Cluster, c: Context): Promise<Response> {
  const stored = cluster.store.get("imagestreams", nameIn(c));
  if (!stored) return notFound(c, "imagestreams");
  return changeStream(cluster, c, stored, (await c.req.json()) as ImageStream);
}

async function patchStream(cluster: Cluster, c: Context): Promise<Response> {
  const stored = cluster.store.get("imagestreams", nameIn(c));
  if (!stored) return notFound(c, "imagestreams");
  const patch: unknown = await c.req.json();
  const type = c.req.header("content-type")?.split(";")[0];
  if (type === "application/json-patch+json") {
    return changeStream(cluster, c, stored, jsonPatch(stored, patch) as ImageStream);
  }
  // The tags of a stream have no merge key, so a strategic merge replaces the list like a plain one.
  if (type === "application/merge-patch+json" || type === "application/strategic-merge-patch+json") {
    return changeStream(cluster, c, stored, mergePatch(stored, patch) as ImageStream);
  }
  return answer(c, 415, "UnsupportedMediaType", `the body of the request was in an unknown format: ${type}`);
}

/** Takes over the wanted state; what the cluster itself writes (identity, status) stays. */
function changeStream(cluster: Cluster, c: Context, stored: ImageStream, wanted: ImageStream): Response {
  const version = wanted.metadata?.resourceVersion;
  if (version && version !== stored.metadata.resourceVersion) {
    return conflict(c, stored.metadata.name);
  }
  const { labels, annotations } = wanted.metadata ?? {};
  const generation = (stored.metadata.generation ?? 0) + 1;
  const followed = new Map(stored.spec.tags.map((each) => [each.name, each]));
  const tags = (wanted.spec?.tags ?? []).map((each) => {
    const same = JSON.stringify(followed.get(each.name)?.from) === JSON.stringify(each.from);
    return same ? each : { ...each, generation };
  });
  const next = cluster.store.update("imagestreams", {
    ...stored,
    metadata: { ...stored.metadata, labels, annotations, generation },
    spec: { lookupPolicy: wanted.spec?.lookupPolicy ?? stored.spec.lookupPolicy, tags },
  });
  cluster.onStreamChange(stored, next);
  return c.json(next);
}

async function importImages(
  { store, images, ailments, onImportAsked }: Cluster,
  c: Context,
): Promise<Response> {
  const body = (await c.req.json()) as {
    metadata?: { name?: string; resourceVersion?: string };
    spec?: { import?: boolean; images?: ImageRequest[] };
  };
  const { name, resourceVersion } = body.metadata ?? {};
  const requests = body.spec?.images ?? [];
  if (!name || requests.length === 0) {
    return answer(c, 422, "Invalid", "metadata.name and spec.images or spec.repository are required");
  }
  const stream = store.get("imagestreams", name);
  if (stream && resourceVersion && resourceVersion !== stream.metadata.resourceVersion) {
    return conflict(c, name);
  }
  const keep = body.spec?.import === true;
  if (keep) onImportAsked(name);
  const refused = keep ? ailments.refusesImport(name) : null;
  const results = await Promise.all(requests.map((each) => images.importImage(name, each, keep, refused)));
  if (keep && refused === null) ailments.imported(name);
  const status = { import: store.get("imagestreams", name), images: results };
  const { metadata, spec } = body;
  return c.json(
    { apiVersion: "image.openshift.io/v1", kind: "ImageStreamImport", metadata, spec, status },
    201,
  );
}

function isWatch(c: Context): boolean {
  return ["true", "1"].includes(c.req.query("watch") ?? "");
}

/** What the API server answers when it is busy. */
function limited(c: Context): Response {
  c.header("retry-after", "1");
  return answer(c, 429, "TooManyRequests", "too many requests, please try again later");
}

function nameIn(c: Context): string {
  return c.req.param("name") ?? "";
}

function groupOf(resource: string): string {
  return resource === "imagestreamimports" ? "image.openshift.io" : kinds[resource as Resource].group;
}

function qualified(resource: Resource): string {
  const { group } = kinds[resource];
  return group === "" ? resource : `${resource}.${group}`;
}

function notFound(c: Context, resource: Resource): Response {
  return answer(c, 404, "NotFound", `${qualified(resource)} "${nameIn(c)}" not found`);
}

function conflict(c: Context, stream: string): Response {
  const what = `Operation cannot be fulfilled on imagestreams.image.openshift.io "${stream}"`;
  return answer(c, 409, "Conflict", `${what}: the object has been modified; please apply your changes again`);
}

function answer(c: Context, code: ContentfulStatusCode, reason: string, message: string): Response {
  return c.json(failure(code, reason, message), code);
}
