import { randomBytes } from "node:crypto";
import type { Context, Hono } from "hono";
import type { ClusterName } from "../../../../functions/runtime/config.ts";
import type { Cluster } from "./api.ts";
import { failure } from "./objects.ts";
import type { Outside } from "./outside.ts";
import { type PodSpec, restrictedViolations } from "./pod-security.ts";

interface Job {
  metadata: { name: string };
  spec: { template: { spec: PodSpec & { containers: { command?: string[]; args?: string[] }[] } } };
}

interface Ran {
  job: Job;
  pod: string;
  log: string;
}

/**
 * Jobs that run curl: the namespace enforces the pod security standard *restricted*, the container's words are taken one
 * by one as execve takes them, and the Job has ended by the time that anybody asks for it.
 */
export function addJobs(app: Hono, clusters: Record<ClusterName, Cluster>, outside: Outside): void {
  const ran = new Map<string, Ran>();
  const names = Object.keys(clusters) as ClusterName[];
  const clusterOf = (c: Context): ClusterName | null => {
    const name = names.find((each) => c.req.header("authorization") === `Bearer ${clusters[each].token}`);
    return name && clusters[name].namespace === c.req.param("namespace") ? name : null;
  };
  const mayDo = (name: ClusterName, verb: string, group: string, resource: string) =>
    clusters[name].rules.allow(verb, group, resource) && !clusters[name].denied.has(`${verb} ${resource}`);
  const jobs = "/apis/batch/v1/namespaces/:namespace/jobs";
  const pods = "/api/v1/namespaces/:namespace/pods";

  app.post(jobs, async (c) => {
    const cluster = clusterOf(c);
    if (!cluster || !mayDo(cluster, "create", "batch", "jobs")) return forbidden(c, "jobs.batch");
    const job = (await c.req.json()) as Job;
    const { name } = job.metadata;
    const key = `${cluster} ${name}`;
    if (ran.has(key)) return refuse(c, 409, "AlreadyExists", `jobs.batch "${name}" already exists`);
    const violations = restrictedViolations(job.spec.template.spec);
    if (violations.length > 0) {
      return refuse(
        c,
        403,
        "Forbidden",
        `violates PodSecurity "restricted:latest": ${violations.join(", ")}`,
      );
    }
    const [container] = job.spec.template.spec.containers;
    const words = [...(container?.command ?? []), ...(container?.args ?? [])];
    const pod = `${name}-${randomBytes(3).toString("hex").slice(0, 5)}`;
    ran.set(key, { job, pod, log: curl(words, (url) => outside.ask(cluster, url)) });
    return c.json(shown(job), 201);
  });

  app.get(`${jobs}/:name`, (c) => {
    const cluster = clusterOf(c);
    if (!cluster || !mayDo(cluster, "get", "batch", "jobs")) return forbidden(c, "jobs.batch");
    const found = ran.get(`${cluster} ${c.req.param("name")}`);
    if (!found) return refuse(c, 404, "NotFound", "jobs.batch not found");
    return c.json({ ...shown(found.job), status: { conditions: [{ type: "Complete", status: "True" }] } });
  });

  app.get(pods, async (c, next) => {
    const job = /^job-name=(.+)$/.exec(c.req.query("labelSelector") ?? "")?.[1];
    const cluster = clusterOf(c);
    if (!job || !cluster) return await next();
    if (!mayDo(cluster, "list", "", "pods")) return forbidden(c, "pods");
    const found = ran.get(`${cluster} ${job}`);
    const items = found ? [{ metadata: { name: found.pod }, spec: found.job.spec.template.spec }] : [];
    return c.json({ apiVersion: "v1", kind: "PodList", metadata: {}, items });
  });

  app.get(`${pods}/:name/log`, (c) => {
    const cluster = clusterOf(c);
    if (!cluster || !mayDo(cluster, "get", "", "pods/log")) return forbidden(c, "pods/log");
    const found = [...ran].find(
      ([key, each]) => key.startsWith(`${cluster} `) && each.pod === c.req.param("name"),
    );
    return found ? c.text(found[1].log) : refuse(c, 404, "NotFound", "pods not found");
  });
}

/** As curl reads its words, as far as this needs it. */
function curl(words: readonly string[], ask: (url: string) => Record<string, unknown>): string {
  const takesValue = ["--noproxy", "--proto", "--max-time", "--write-out", "--output"];
  const lines: string[] = [];
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? "";
    if (takesValue.includes(word)) index += 1;
    else if (!word.startsWith("-")) lines.push(JSON.stringify(ask(word)));
  }
  return `${lines.join("\n")}\n`;
}

function shown(job: Job): Record<string, unknown> {
  return { ...job, apiVersion: "batch/v1", kind: "Job" };
}

function forbidden(c: Context, resource: string): Response {
  return refuse(c, 403, "Forbidden", `${resource} is forbidden`);
}

function refuse(c: Context, code: 403 | 404 | 409, reason: string, message: string): Response {
  return c.json(failure(code, reason, message), code);
}
