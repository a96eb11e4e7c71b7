import type { HealthReport } from "../../functions/domain/health-report.ts";
import type { CheckId, Evidence, InspectedPod } from "../../functions/domain/inspection.ts";
import type { NewIssue } from "../../functions/domain/inspection-evidence.ts";

/** Builders for what an inspection rests on. */

export const sha = "0123456789abcdef0123456789abcdef01234567";

export function pod(
  name: string,
  image: string,
  digest: string,
  rest: Partial<InspectedPod> = {},
): InspectedPod {
  return {
    name,
    owner: { kind: "StatefulSet", name: name.replace(/-\d+$/, "") },
    phase: "Running",
    terminating: false,
    goneBy: null,
    startedAt: "2026-11-20T12:00:00Z",
    ready: true,
    restarts: 0,
    waitingReasons: [],
    images: [{ container: "main", image, digest }],
    ...rest,
  };
}

type Pulls = Extract<NonNullable<Evidence["validation"]>, readonly unknown[]>;
export type Check = Pulls[number]["checks"][number];

export function passed(change: Partial<Check> = {}): Check {
  const at = "2026-11-23T03:00:00Z";
  return {
    name: "rpm-build",
    status: "completed",
    conclusion: "success",
    at,
    url: "https://checks/1",
    ...change,
  };
}

export function issue(id: string, level = "error"): NewIssue {
  return { id, title: `S-${id} KeyError`, level, count: 2, url: `https://sentry.io/${id}` };
}

/** An environment in which all is well. */
export function well(change: Partial<Evidence> = {}): Evidence {
  return {
    environment: "production",
    takenAt: "2026-11-23T12:00:00Z",
    thresholds: {
      restarts: 3,
      startingMinutes: 5,
      terminatingMinutes: 10,
      newErrors: 2,
      validationHours: 24,
      backlogWarning: 100,
      backlogFailure: 1000,
    },
    off: [],
    tag: "prod",
    pods: [pod("worker-0", "packit-worker", "sha256:w"), pod("dashboard-1", "dashboard", "sha256:d")],
    workloads: [{ kind: "StatefulSet", name: "worker", desired: 1, ready: 1 }],
    streams: [
      { name: "packit-worker", tags: [{ tag: "prod", digest: "sha256:w" }] },
      { name: "packit-dashboard", tags: [{ tag: "prod", digest: "sha256:d" }] },
    ],
    images: [
      { name: "packit-worker", stream: "packit-worker" },
      { name: "dashboard", stream: "packit-dashboard" },
    ],
    quayTags: { "packit-worker": ["sha256:list", "sha256:w", "sha256:w-arm"], dashboard: ["sha256:d"] },
    healthz: { status: "We are healthy!" },
    system: { ogr: { commit: sha.slice(0, 7) } },
    expectedVersions: { ogr: sha },
    notBuilt: {},
    due: { components: [], images: [] },
    kept: [],
    sentry: { since: "2026-11-23T11:30:00Z", issues: [], more: false },
    validation: [
      { title: "Basic test case (prod): push", url: "https://github.com/p/1", checks: [passed()] },
    ],
    queues: [{ queue: "short-running", waiting: 3 }],
    ...change,
  };
}

export function check(report: HealthReport, id: CheckId) {
  const found = report.checks.find((each) => each.id === id);
  if (!found) throw new Error(`no check ${id}`);
  return found;
}
