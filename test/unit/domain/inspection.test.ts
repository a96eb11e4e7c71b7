import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Verdict, worst } from "../../../functions/domain/health-report.ts";
import {
  type CheckId,
  type Evidence,
  type InspectedPod,
  inspect,
  withNotifications,
} from "../../../functions/domain/inspection.ts";
import { check, issue, passed, pod, sha, well } from "../../support/evidence.ts";

const rank = (verdict: Verdict) => ["ok", "warning", "unknown", "failed"].indexOf(verdict);

describe("worst", () => {
  it("ranks ok, warning, unknown, failed", () => {
    expect(worst(["ok", "warning"])).toBe("warning");
    expect(worst(["unknown", "warning", "ok"])).toBe("unknown");
    expect(worst(["failed", "unknown"])).toBe("failed");
  });

  it("knows nothing of nothing", () => {
    expect(worst([])).toBe("unknown");
  });
});

describe("a whole report", () => {
  it("is ok when everything is", () => {
    const report = inspect(well({ links: { healthz: "https://prod.packit.dev/api/healthz" } }));
    expect(report).toMatchObject({
      environment: "production",
      takenAt: "2026-11-23T12:00:00Z",
      verdict: "ok",
    });
    expect(report.checks.map((each) => [each.id, each.verdict])).toEqual(
      ["pods", "workloads", "images", "healthz", "versions", "sentry", "validation", "queues"].map((id) => [
        id,
        "ok",
      ]),
    );
    expect(check(report, "healthz").link).toBe("https://prod.packit.dev/api/healthz");
    expect(check(report, "pods").link).toBeNull();
  });

  const sources: [keyof Evidence, CheckId[]][] = [
    ["pods", ["pods", "images"]],
    ["workloads", ["workloads"]],
    ["streams", ["images"]],
    ["healthz", ["healthz"]],
    ["system", ["versions"]],
    ["expectedVersions", ["versions"]],
    ["sentry", ["sentry"]],
    ["validation", ["validation"]],
    ["queues", ["queues"]],
  ];
  it.each(sources)("is unknown where %s cannot be read", (source, ids) => {
    const report = inspect(well({ [source]: { unreachable: "no answer within 10 s" } }));
    expect(report.verdict).toBe("unknown");
    for (const id of ids) {
      expect(check(report, id).verdict).toBe("unknown");
      expect(check(report, id).evidence).toEqual(["no answer within 10 s"]);
    }
  });
});

describe("a check", () => {
  it("that is switched off, or whose source is not used, is not in the report", () => {
    const report = inspect(well({ off: ["pods", "sentry"], validation: null, queues: { unreachable: "x" } }));
    expect(report.checks.map((each) => each.id)).toEqual([
      "workloads",
      "images",
      "healthz",
      "versions",
      "queues",
    ]);
    const off = [
      "pods",
      "workloads",
      "images",
      "healthz",
      "versions",
      "sentry",
      "validation",
      "queues",
    ] as const;
    expect(inspect(well({ off })).verdict).toBe("unknown");
  });
});

describe("pods and workloads", () => {
  it.each<[string, Partial<InspectedPod>, string]>([
    [
      "a pending one",
      { phase: "Pending", ready: false, waitingReasons: ["ImagePullBackOff"] },
      "bad: Pending, not ready, ImagePullBackOff",
    ],
    ["one that is not ready", { ready: false, restarts: 3 }, "bad: Running, not ready, 3 restarts"],
    ["one that does not end", { terminating: true, goneBy: "2026-11-23T11:49:00Z" }, "bad: Terminating"],
    [
      "one between two crashes",
      { restarts: 3, startedAt: "2026-11-23T11:50:00Z" },
      "bad: Running, 3 restarts",
    ],
    ["one that crashes", { waitingReasons: ["CrashLoopBackOff"] }, "bad: Running, CrashLoopBackOff"],
    ["one that failed", { phase: "Failed", ready: false }, "bad: Failed, not ready"],
  ])("fails for %s", (_, change, line) => {
    const pods = [pod("good", "x", "sha256:x", { restarts: 1 }), pod("bad", "x", "sha256:x", change)];
    const found = check(inspect(well({ pods })), "pods");
    expect(found).toMatchObject({ verdict: "failed", summary: "1 of 2 pods is not as they should be." });
    expect(found.evidence).toEqual([line, "good: Running, 1 restart"]);
  });

  it.each<[string, Partial<InspectedPod>]>([
    [
      "starts",
      {
        phase: "Pending",
        ready: false,
        waitingReasons: ["ContainerCreating"],
        startedAt: "2026-11-23T11:57:00Z",
      },
    ],
    ["ends", { terminating: true, goneBy: "2026-11-23T11:55:00Z" }],
    ["restarted now and then in days", { restarts: 4 }],
  ])("warns of one that %s", (_, change) => {
    const pods = [pod("good", "x", "sha256:x"), pod("other", "x", "sha256:x", change)];
    expect(check(inspect(well({ pods })), "pods").verdict).toBe("warning");
  });

  it("does not count pods of jobs that ran to their end", () => {
    const done = pod("job", "packit-worker", "sha256:old", { phase: "Succeeded", ready: false });
    expect(inspect(well({ pods: [...(well().pods as InspectedPod[]), done] })).verdict).toBe("ok");
    expect(check(inspect(well({ pods: [done] })), "pods").verdict).toBe("failed");
  });

  it("fails for a workload without all its pods, and for none", () => {
    const workloads = [{ kind: "Deployment", name: "packit-service", desired: 2, ready: 1 }];
    const found = check(inspect(well({ workloads })), "workloads");
    expect(found).toMatchObject({ verdict: "failed", evidence: ["Deployment packit-service: 1 of 2 ready"] });
    expect(check(inspect(well({ workloads: [] })), "workloads").verdict).toBe("failed");
  });
});

describe("images", () => {
  const images = (change: Partial<Evidence>) => check(inspect(well(change)), "images");

  it("fails when a pod runs another image than its stream holds", () => {
    const pods = [
      pod("worker-0", "packit-worker", "sha256:old"),
      pod("dashboard-1", "packit-dashboard", "sha256:d"),
    ];
    const found = images({ pods });
    expect(found.verdict).toBe("failed");
    expect(found.evidence).toContain("worker-0: main runs old instead");
  });

  it("fails while a container has not started", () => {
    const starting = pod("worker-0", "packit-worker", "");
    expect(images({ pods: [starting, pod("d", "dashboard", "sha256:d")] }).evidence).toContain(
      "worker-0: main has not started yet",
    );
  });

  it("takes the list's digest and those of its architectures for the same build", () => {
    const pods = [pod("worker-0", "packit-worker", "sha256:list"), pod("d", "dashboard", "sha256:d")];
    expect(images({ pods }).verdict).toBe("ok");
    const streams = [
      { name: "packit-worker", tags: [{ tag: "prod", digest: "sha256:old" }] },
      { name: "packit-dashboard", tags: [{ tag: "prod", digest: "sha256:d" }] },
    ];
    expect(images({ pods, streams }).evidence).toContain("worker-0: main runs list instead");
  });

  it.each(["production", "staging"] as const)(
    "judges a stream that does not follow Quay on %s",
    (environment) => {
      const quayTags = { ...well().quayTags, dashboard: ["sha256:newer"] };
      const found = images({ environment, quayTags });
      expect(found.verdict).toBe(environment === "staging" ? "warning" : "failed");
      expect(found.evidence).toContain("packit-dashboard:prod: holds d, but Quay's tag names newer");
    },
  );

  it("takes a stream that people left behind its tag for no failure", () => {
    const quayTags = { ...well().quayTags, dashboard: ["sha256:newer"] };
    expect(images({ quayTags, kept: ["dashboard"] }).verdict).toBe("warning");
    expect(images({ quayTags, kept: ["packit-worker"] }).verdict).toBe("failed");
  });

  it("is unknown when Quay cannot be asked for an image, or was not", () => {
    expect(images({ quayTags: { ...well().quayTags, dashboard: { unreachable: "503" } } }).verdict).toBe(
      "unknown",
    );
    expect(images({ quayTags: { dashboard: ["sha256:d"] } }).verdict).toBe("unknown");
  });

  it("fails when Quay has no such tag, or the stream holds nothing", () => {
    expect(images({ quayTags: { ...well().quayTags, dashboard: [] } }).verdict).toBe("failed");
    const [worker] = well().streams as { name: string; tags: { tag: string; digest: string | null }[] }[];
    const empty = { name: "packit-dashboard", tags: [{ tag: "prod", digest: null }] };
    expect(images({ streams: worker ? [worker, empty] : [] }).verdict).toBe("failed");
    expect(images({ streams: worker ? [worker] : [] }).verdict).toBe("failed");
  });

  it("warns when no pod runs an image", () => {
    expect(images({ pods: [pod("worker-0", "packit-worker", "sha256:w")] })).toMatchObject({
      verdict: "warning",
    });
  });
});

describe("versions", () => {
  it.each([
    ["another commit", { ogr: { commit: "fffffff" } }],
    ["a commit too short to tell", { ogr: { commit: sha.slice(0, 5) } }],
    ["nothing of it", {}],
    ["nothing of it but what every object has", { toString: { commit: sha } }],
  ])("differ when the service tells %s", (_, system) => {
    expect(check(inspect(well({ system })), "versions").verdict).toBe("failed");
    expect(check(inspect(well({ system, environment: "staging" })), "versions").verdict).toBe("warning");
  });

  it("are the same for a whole sha too", () => {
    expect(check(inspect(well({ system: { ogr: { commit: sha } } })), "versions").verdict).toBe("ok");
  });
});

/** Each makes the evidence worse in one place. */
const harms: ((evidence: Evidence, which: number) => Evidence)[] = [
  (evidence) => ({ ...evidence, pods: { unreachable: "x" } }),
  (evidence) => ({ ...evidence, streams: { unreachable: "x" } }),
  (evidence) => ({ ...evidence, workloads: { unreachable: "x" } }),
  (evidence) => ({ ...evidence, healthz: { unreachable: "x" } }),
  (evidence) => ({ ...evidence, system: { unreachable: "x" } }),
  (evidence, which) => changePod(evidence, which, (each) => ({ ...each, ready: false })),
  (evidence, which) => changePod(evidence, which, (each) => ({ ...each, terminating: true })),
  (evidence, which) => changePod(evidence, which, (each) => ({ ...each, phase: "Failed" })),
  (evidence, which) =>
    changePod(evidence, which, (each) => ({
      ...each,
      images: each.images.map((image) => ({ ...image, digest: "sha256:bad" })),
    })),
  (evidence) => ({ ...evidence, quayTags: { ...evidence.quayTags, dashboard: { unreachable: "x" } } }),
  (evidence) => ({ ...evidence, quayTags: { ...evidence.quayTags, dashboard: [] } }),
  (evidence) => ({ ...evidence, system: "unreachable" in evidence.system ? evidence.system : {} }),
  (evidence, which) => changePod(evidence, which, (each) => ({ ...each, restarts: each.restarts + 3 })),
  (evidence, which) =>
    changePod(evidence, which, (each) => ({ ...each, waitingReasons: ["CrashLoopBackOff"] })),
  (evidence, which) =>
    withMore(evidence, "sentry", (each) => ({ ...each, issues: [...each.issues, issue(`${which}`)] })),
  (evidence) =>
    withMore(evidence, "validation", (each) => [
      ...each,
      { title: "worse", url: "u", checks: [passed({ conclusion: "failure" })] },
    ]),
  (evidence) =>
    withMore(evidence, "queues", (each) =>
      each.map(({ queue, waiting }) => ({ queue, waiting: waiting + 400 })),
    ),
  (evidence) => ({ ...evidence, sentry: { unreachable: "x" } }),
  (evidence) => ({ ...evidence, validation: { unreachable: "x" } }),
  (evidence) => ({ ...evidence, queues: { unreachable: "x" } }),
];

/** Harms that leave every source answering. */
const answering = [5, 6, 7, 8, 12, 13, 14, 15, 16];

function withMore<K extends "sentry" | "validation" | "queues">(
  evidence: Evidence,
  source: K,
  change: (reading: Exclude<NonNullable<Evidence[K]>, { unreachable: string }>) => Evidence[K],
): Evidence {
  const reading = evidence[source];
  if (reading === null || "unreachable" in reading) return evidence;
  // What is neither null nor unreachable is a reading.
  return {
    ...evidence,
    [source]: change(reading as Exclude<NonNullable<Evidence[K]>, { unreachable: string }>),
  };
}

function changePod(evidence: Evidence, which: number, change: (pod: InspectedPod) => InspectedPod): Evidence {
  if ("unreachable" in evidence.pods) return evidence;
  const at = which % evidence.pods.length;
  return { ...evidence, pods: evidence.pods.map((each, index) => (index === at ? change(each) : each)) };
}

describe("for any evidence", () => {
  const steps = fc.array(fc.tuple(fc.nat(harms.length - 1), fc.nat(5)), { minLength: 1, maxLength: 6 });
  const environment = fc.constantFrom("staging" as const, "production" as const);

  it("the verdict is never ok once anything is wrong, and names the worst check", () => {
    fc.assert(
      fc.property(environment, steps, (where, list) => {
        const ill = list.reduce(
          (each, [harm, which]) => harms[harm]?.(each, which) ?? each,
          well({ environment: where }),
        );
        const report = inspect(ill);
        expect(report.verdict).not.toBe("ok");
        expect(report.verdict).toBe(worst(report.checks.map((each) => each.verdict)));
      }),
    );
  });

  it("another fault in a source that answers never improves a verdict", () => {
    const faults = answering.flatMap((index) => harms[index] ?? []);
    const which = fc.array(fc.tuple(fc.nat(faults.length - 1), fc.nat(5)), { maxLength: 6 });
    fc.assert(
      fc.property(environment, which, fc.nat(faults.length - 1), fc.nat(5), (where, list, harm, at) => {
        const before = list.reduce(
          (each, [one, of]) => faults[one]?.(each, of) ?? each,
          well({ environment: where }),
        );
        const after = faults[harm]?.(before, at) ?? before;
        const [was, is] = [inspect(before), inspect(after)];
        expect(rank(is.verdict)).toBeGreaterThanOrEqual(rank(was.verdict));
        const ended = "unreachable" in after.pods ? [] : after.pods.filter(({ phase }) => phase === "Failed");
        // A pod at its end runs no image any more, so what it ran is no longer held against the images but against the pods.
        if (ended.length > 0) expect(check(is, "pods").verdict).toBe("failed");
        for (const { id, verdict } of was.checks) {
          if (id === "images" && ended.length > 0) continue;
          expect(rank(check(is, id as CheckId).verdict)).toBeGreaterThanOrEqual(rank(verdict));
        }
      }),
    );
  });
});

it("notifications that Quay switched off are told as a warning, and nothing is said without any", () => {
  const report = inspect(well());
  expect(withNotifications(report, [])).toBe(report);
  const told = withNotifications(report, ["dashboard", "sandcastle"]);
  expect(told.verdict).toBe("warning");
  expect(told.checks.at(-1)).toMatchObject({
    id: "notifications",
    verdict: "warning",
    summary: expect.stringContaining("dashboard, sandcastle"),
  });
});
