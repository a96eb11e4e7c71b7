import type { V1Job } from "@kubernetes/client-node";
import { ApiException } from "@kubernetes/client-node";
import { z } from "zod";
import { type ClusterName, config } from "../runtime/config.ts";
import { NotFound, RequestRefused } from "../runtime/errors.ts";
import { secret } from "../runtime/secrets.ts";
import { createClient, itemsOf } from "./openshift-client.ts";

/** Short-lived Jobs in one namespace, each of one container that runs one command to its end. */
export interface Jobs {
  /** Starts it; one of this name that is there already is left as it is. */
  start(job: JobRequest): Promise<void>;
  /** `running` until its container ended; `gone`: there is no such Job. */
  read(name: string): Promise<{ state: "running" | "gone" } | { state: "ended"; log: string }>;
}

export interface JobRequest {
  name: string;
  image: string;
  /** The program and its arguments, each a word of its own: no shell reads them. */
  command: string[];
  /** It is ended after this time. */
  deadlineSeconds: number;
}

export interface JobsOptions {
  apiUrl: string;
  namespace: string;
  token: string;
  requestTimeoutMs?: number;
}

/** A Job that ended is removed by the cluster after this time. */
const keptSeconds = 3600;
const api = { group: "batch", version: "v1", plural: "jobs" };

const rawJob = z.object({
  status: z
    .object({
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
    })
    .nullish(),
});

/** Needs, in the namespace: create and get on `jobs.batch`, list on `pods`, get on `pods/log`. */
export function createJobs(options: JobsOptions): Jobs {
  const { namespace } = options;
  const { call, core, custom } = createClient({ requestTimeoutMs: 10_000, ...options });
  return {
    async start(request) {
      const body = jobOf(request, namespace);
      try {
        await call(`the job ${request.name}`, (limits) =>
          custom.createNamespacedCustomObject({ ...api, namespace, body }, limits),
        );
      } catch (thrown) {
        if (!isConflict(thrown)) throw thrown;
      }
    },

    async read(name) {
      const job = await orNull(
        call(`the job ${name}`, async (limits) =>
          rawJob.parse(await custom.getNamespacedCustomObject({ ...api, namespace, name }, limits)),
        ),
      );
      if (!job) return { state: "gone" };
      const ended = job.status?.conditions?.some(
        ({ type, status }) => ["Complete", "Failed"].includes(type) && status === "True",
      );
      if (!ended) return { state: "running" };
      const pods = await call("pods", async (limits) =>
        itemsOf(await core.listNamespacedPod({ namespace, labelSelector: `job-name=${name}` }, limits)),
      );
      const pod = pods[0]?.metadata?.name;
      const log = pod
        ? await orNull(
            call(`the log of ${pod}`, (limits) =>
              core.readNamespacedPodLog({ name: pod, namespace }, limits),
            ),
          )
        : null;
      return { state: "ended", log: log ?? "" };
    },
  };
}

/**
 * As the pod security standard *restricted* wants it, and less: no token of a service account, nothing to write on, a
 * little of the machine, an end, and no second try.
 */
export function jobOf({ name, image, command, deadlineSeconds }: JobRequest, namespace: string): V1Job {
  const [program = "", ...args] = command;
  const labels = { "app.kubernetes.io/managed-by": "stablehand", "app.kubernetes.io/name": "probe" };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace, labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: deadlineSeconds,
      ttlSecondsAfterFinished: keptSeconds,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "probe",
              image,
              command: [program],
              args,
              resources: {
                requests: { cpu: "10m", memory: "32Mi" },
                limits: { cpu: "100m", memory: "64Mi" },
              },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ["ALL"] },
                privileged: false,
                readOnlyRootFilesystem: true,
                runAsNonRoot: true,
                seccompProfile: { type: "RuntimeDefault" },
              },
            },
          ],
        },
      },
    },
  };
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof NotFound) return null;
    throw thrown;
  }
}

function isConflict(thrown: unknown): boolean {
  if (!(thrown instanceof RequestRefused)) return false;
  return thrown.cause instanceof ApiException && thrown.cause.code === 409;
}

/** Of a cluster of the configuration. */
export async function jobs(cluster: ClusterName): Promise<Jobs> {
  const { productionToken, stagingToken } = await secret("openshift");
  const token = cluster === "production" ? productionToken : stagingToken;
  return createJobs({ ...config().clusters[cluster], token });
}
