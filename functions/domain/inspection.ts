import { type HealthCheck, type HealthReport, type Verdict, worst } from "./health-report.ts";

/** What a source answered, or why it could not be asked, in words for people. */
export type Reading<T> = T | { unreachable: string };

export interface InspectedPod {
  name: string;
  phase: string;
  terminating: boolean;
  ready: boolean;
  restarts: number;
  waitingReasons: readonly string[];
  /** `image`: without registry and namespace. No digest yet while the container was never started. */
  images: readonly { container: string; image: string; digest: string | null }[];
}

export interface InspectedWorkload {
  kind: string;
  name: string;
  desired: number;
  ready: number;
}

export interface InspectedStream {
  name: string;
  tags: readonly { tag: string; digest: string | null }[];
}

/** One environment as its sources show it. */
export interface Evidence {
  environment: "staging" | "production";
  /** ISO 8601. */
  takenAt: string;
  pods: Reading<readonly InspectedPod[]>;
  workloads: Reading<readonly InspectedWorkload[]>;
  streams: Reading<readonly InspectedStream[]>;
  /** Tag of the streams, and of the images that they follow. */
  tag: string;
  /** Images that the cluster has a stream for. */
  images: readonly { name: string; stream: string }[];
  /**
   * Image → digests that stand for what Quay's tag names: the manifest and, of a list, those of its architectures.
   * An image without an entry could not be asked for.
   */
  quayTags: Readonly<Record<string, Reading<readonly string[]>>>;
  /** The service answers 200 and some words when it is well, and an error otherwise. */
  healthz: Reading<{ status: string }>;
  /** Component (`packit_service`) → commit, 7 characters or more. */
  system: Reading<Readonly<Record<string, { commit: string }>>>;
  /** Component → commit that it should be built from. */
  expectedVersions: Reading<Readonly<Record<string, string>>>;
  /** Check → where a person looks on. */
  links?: Partial<Record<CheckId, string>>;
}

export type CheckId = "pods" | "workloads" | "images" | "healthz" | "versions";

interface Finding {
  verdict: Verdict;
  summary: string;
  evidence: string[];
}

/** Judges an environment. A source that could not be asked makes its check `unknown`, whatever else looks well. */
export function inspect(evidence: Evidence): HealthReport {
  const check = (id: CheckId, name: string, finding: Finding): HealthCheck => ({
    id,
    name,
    ...finding,
    link: evidence.links?.[id] ?? null,
  });
  const checks = [
    check("pods", "Pods", inspectPods(evidence.pods)),
    check("workloads", "Workloads", inspectWorkloads(evidence.workloads)),
    check("images", "Images", inspectImages(evidence)),
    check("healthz", "Service health", inspectHealthz(evidence.healthz)),
    check("versions", "Versions", inspectVersions(evidence)),
  ];
  const { environment, takenAt } = evidence;
  return { environment, takenAt, verdict: worst(checks.map((each) => each.verdict)), checks };
}

/** Adds the images whose notification Quay had switched off; without any the report stays as it is. */
export function withNotifications(report: HealthReport, switchedOff: readonly string[]): HealthReport {
  if (switchedOff.length === 0) return report;
  const check: HealthCheck = {
    id: "notifications",
    name: "Quay's notifications",
    verdict: "warning",
    summary: `Quay had switched off the notifications of ${switchedOff.join(", ")}: every run but a dry one switches them on again.`,
    evidence: [],
    link: null,
  };
  const checks = [...report.checks, check];
  return { ...report, verdict: worst(checks.map((each) => each.verdict)), checks };
}

/** Pods that ran to their end (of jobs) are neither well nor ill. */
function inspectPods(reading: Evidence["pods"]): Finding {
  if (isUnreachable(reading)) return unknown("The pods could not be read", reading);
  const pods = reading.filter((pod) => pod.phase !== "Succeeded");
  if (pods.length === 0) return { verdict: "failed", summary: "No pod runs.", evidence: [] };
  const ill = pods.filter((pod) => pod.phase !== "Running" || !pod.ready || pod.terminating);
  return {
    verdict: ill.length === 0 ? "ok" : "failed",
    summary:
      ill.length === 0
        ? `All ${pods.length} pods are running and ready.`
        : `${ill.length} of ${pods.length} pods are not running and ready.`,
    evidence: [...ill, ...pods.filter((pod) => !ill.includes(pod))].map(describePod),
  };
}

function describePod(pod: InspectedPod): string {
  const state = pod.terminating ? "Terminating" : pod.phase;
  return [
    `${pod.name}: ${state}`,
    ...(pod.ready ? [] : ["not ready"]),
    ...pod.waitingReasons,
    ...(pod.restarts > 0 ? [`${pod.restarts} ${pod.restarts === 1 ? "restart" : "restarts"}`] : []),
  ].join(", ");
}

function inspectWorkloads(reading: Evidence["workloads"]): Finding {
  if (isUnreachable(reading)) return unknown("The workloads could not be read", reading);
  if (reading.length === 0) return { verdict: "failed", summary: "There are no workloads.", evidence: [] };
  const short = reading.filter((each) => each.ready !== each.desired);
  return {
    verdict: short.length === 0 ? "ok" : "failed",
    summary:
      short.length === 0
        ? `All ${reading.length} workloads have the pods they should have.`
        : `${short.length} of ${reading.length} workloads lack ready pods or have too many.`,
    evidence: reading.map((each) => `${each.kind} ${each.name}: ${each.ready} of ${each.desired} ready`),
  };
}

/** Staging is rebuilt all day, so there a stream that did not yet follow its tag is no more than a warning. */
function inspectImages(evidence: Evidence): Finding {
  const { pods, streams } = evidence;
  if (isUnreachable(streams)) return unknown("The image streams could not be read", streams);
  if (isUnreachable(pods)) return unknown("The pods' images could not be read", pods);
  const lag: Verdict = evidence.environment === "staging" ? "warning" : "failed";
  const findings = evidence.images.map((image) => {
    const stream = streams.find((each) => each.name === image.stream);
    const digest = stream?.tags.find((each) => each.tag === evidence.tag)?.digest;
    const name = `${image.stream}:${evidence.tag}`;
    if (!digest) return { verdict: "failed" as const, lines: [`${name}: the stream holds no image`] };
    const tagged = Object.hasOwn(evidence.quayTags, image.name)
      ? evidence.quayTags[image.name]
      : { unreachable: "was not asked" };
    const follows = streamFollows(name, digest, tagged, lag);
    const accepted = new Set(tagged && !isUnreachable(tagged) && tagged.includes(digest) ? tagged : []);
    const runs = podsRun(name, image, accepted.add(digest), pods);
    return { verdict: worst([follows.verdict, runs.verdict]), lines: [...follows.lines, ...runs.lines] };
  });
  const bad = findings.filter((each) => each.verdict !== "ok");
  return {
    verdict: findings.length === 0 ? "ok" : worst(findings.map((each) => each.verdict)),
    summary:
      bad.length === 0
        ? "Every pod runs what its stream holds, and every stream what Quay's tag names."
        : `${bad.length} of ${findings.length} images are not the same at Quay, in the stream, and in the pods.`,
    evidence: findings.flatMap((each) => each.lines),
  };
}

interface Lines {
  verdict: Verdict;
  lines: string[];
}

function streamFollows(
  stream: string,
  digest: string,
  tagged: Reading<readonly string[]> | undefined,
  lag: Verdict,
): Lines {
  if (!tagged || isUnreachable(tagged)) {
    const why = tagged ? tagged.unreachable : "was not asked";
    return { verdict: "unknown", lines: [`${stream}: holds ${short(digest)}; Quay: ${why}`] };
  }
  if (tagged.includes(digest))
    return { verdict: "ok", lines: [`${stream}: holds ${short(digest)}, as Quay`] };
  const there = tagged[0] ? short(tagged[0]) : "nothing";
  return { verdict: lag, lines: [`${stream}: holds ${short(digest)}, but Quay's tag names ${there}`] };
}

/**
 * Containers name their image by the stream or by Quay's repository. One that runs another architecture's manifest of
 * the same list runs the same build.
 */
function podsRun(
  stream: string,
  image: { name: string; stream: string },
  accepted: ReadonlySet<string>,
  pods: readonly InspectedPod[],
): Lines {
  const containers = pods
    .filter((pod) => pod.phase !== "Succeeded")
    .flatMap((pod) => pod.images.map((each) => ({ ...each, pod: pod.name })))
    .filter((each) => each.image === image.name || each.image === image.stream);
  if (containers.length === 0) return { verdict: "warning", lines: [`${stream}: no pod runs it`] };
  const other = containers.filter((each) => !each.digest || !accepted.has(each.digest));
  return {
    verdict: other.length === 0 ? "ok" : "failed",
    lines: other.map(({ pod, container, digest }) =>
      digest
        ? `${pod}: ${container} runs ${short(digest)} instead`
        : `${pod}: ${container} has not started yet`,
    ),
  };
}

function inspectHealthz(reading: Evidence["healthz"]): Finding {
  if (isUnreachable(reading)) return unknown("The service could not be asked for its health", reading);
  return { verdict: "ok", summary: "The service says that it is well.", evidence: [reading.status] };
}

/** On staging a version that differs is a build under way more often than not. */
function inspectVersions({ environment, system, expectedVersions }: Evidence): Finding {
  if (isUnreachable(system)) return unknown("The service could not be asked for its versions", system);
  if (isUnreachable(expectedVersions)) {
    return unknown("What the versions should be could not be read", expectedVersions);
  }
  const components = Object.entries(expectedVersions).map(([component, sha]) => {
    const commit = Object.hasOwn(system, component) ? system[component]?.commit : undefined;
    const same = commit !== undefined && commit.length >= 7 && sha.startsWith(commit);
    const line = same
      ? `${component}: ${commit}`
      : `${component}: ${commit ?? "nothing said"} instead of ${sha.slice(0, 7)}`;
    return { same, line };
  });
  const other = components.filter((each) => !each.same);
  return {
    verdict: other.length === 0 ? "ok" : environment === "staging" ? "warning" : "failed",
    summary:
      other.length === 0
        ? "The service runs the expected versions."
        : `${other.length} of ${components.length} versions are not the expected ones.`,
    evidence: components.map((each) => each.line),
  };
}

function isUnreachable(reading: object): reading is { unreachable: string } {
  return "unreachable" in reading && typeof reading.unreachable === "string";
}

function unknown(what: string, { unreachable }: { unreachable: string }): Finding {
  return { verdict: "unknown", summary: `${what}.`, evidence: [unreachable] };
}

function short(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}
