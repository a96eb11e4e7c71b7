import type { Problem, Verdict } from "./health-report.ts";
import {
  type Evidence,
  type Finding,
  type InspectedPod,
  isUnreachable,
  problem,
  type Reading,
  short,
  unreachable,
} from "./inspection-evidence.ts";
import { hasEnded } from "./rollout.ts";

/** The checks of what runs on the cluster. */

/** Reasons that a container waits for while it starts as it should. */
const startingReasons = ["ContainerCreating", "PodInitializing"];
const hour = 60;

/** Every pod of every workload. Pods that ran to their end (of jobs) are neither well nor ill. */
export function inspectPods({ pods: reading, takenAt, thresholds }: Evidence): Finding {
  if (isUnreachable(reading)) return unreachable("pods", "The pods could not be read", reading);
  const pods = reading.filter((pod) => pod.phase !== "Succeeded");
  if (pods.length === 0) {
    const summary = "No pod runs.";
    return { summary, evidence: [], problems: [problem("pods/none", "failed", summary)] };
  }
  const judged = pods.map((pod) => ({ pod, verdict: judgePod(pod, takenAt, thresholds) }));
  const ill = judged.filter((each) => each.verdict !== "ok");
  return {
    summary:
      ill.length === 0
        ? `All ${pods.length} pods are running and ready.`
        : `${ill.length} of ${pods.length} pods ${ill.length === 1 ? "is" : "are"} not as they should be.`,
    evidence: [...ill, ...judged.filter((each) => each.verdict === "ok")].map(({ pod }) => describePod(pod)),
    problems: ill.flatMap(({ pod, verdict }) =>
      verdict === "ok" ? [] : [problem(`pods/${ownerOf(pod)}`, verdict, describePod(pod))],
    ),
  };
}

function judgePod(pod: InspectedPod, now: string, limits: Evidence["thresholds"]): Verdict {
  const minutesSince = (time: string | null) =>
    time === null ? Number.POSITIVE_INFINITY : (Date.parse(now) - Date.parse(time)) / 60_000;
  if (pod.terminating) {
    return minutesSince(pod.goneBy) > limits.terminatingMinutes ? "failed" : "warning";
  }
  const age = minutesSince(pod.startedAt);
  if (pod.phase !== "Running" || !pod.ready) {
    const asUsual = pod.waitingReasons.every((each) => startingReasons.includes(each));
    const starts = ["Pending", "Running"].includes(pod.phase) && asUsual && pod.restarts === 0;
    return starts && age <= limits.startingMinutes ? "warning" : "failed";
  }
  // Ready between two crashes: there is no readiness probe.
  if (pod.waitingReasons.length > 0) return "failed";
  if (pod.restarts < limits.restarts) return "ok";
  return age <= hour ? "failed" : "warning";
}

function ownerOf(pod: InspectedPod): string {
  return pod.owner ? `${pod.owner.kind} ${pod.owner.name}` : pod.name;
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

export function inspectWorkloads(reading: Evidence["workloads"]): Finding {
  if (isUnreachable(reading)) return unreachable("workloads", "The workloads could not be read", reading);
  if (reading.length === 0) {
    const summary = "There are no workloads.";
    return { summary, evidence: [], problems: [problem("workloads/none", "failed", summary)] };
  }
  const lines = reading.map((each) => ({
    key: `workloads/${each.kind} ${each.name}`,
    text: `${each.kind} ${each.name}: ${each.ready} of ${each.desired} ready`,
    off: Math.abs(each.desired - each.ready),
  }));
  const bad = lines.filter((each) => each.off > 0);
  return {
    summary:
      bad.length === 0
        ? `All ${reading.length} workloads have the pods they should have.`
        : `${bad.length} of ${reading.length} workloads lack ready pods or have too many.`,
    evidence: lines.map((each) => each.text),
    // One for each pod, so that one more that is missing shows as new.
    problems: bad.flatMap(({ key, text, off }) =>
      Array.from({ length: off }, () => problem(key, "failed", text)),
    ),
  };
}

/**
 * Staging is rebuilt all day, so there a stream that did not yet follow its tag is no more than a warning, and so is one
 * in production that people went on without.
 */
export function inspectImages(evidence: Evidence): Finding {
  const { pods, streams } = evidence;
  if (isUnreachable(streams)) return unreachable("images", "The image streams could not be read", streams);
  if (isUnreachable(pods)) return unreachable("images", "The pods' images could not be read", pods);
  const mayLag = (image: string) => evidence.environment === "staging" || evidence.kept.includes(image);
  const findings = evidence.images.map((image): Lines => {
    const due = evidence.due.images.includes(image.name);
    const stream = streams.find((each) => each.name === image.stream);
    const digest = stream?.tags.find((each) => each.tag === evidence.tag)?.digest;
    const name = `${image.stream}:${evidence.tag}`;
    if (!digest)
      return bad("failed", `images/${image.stream}/empty`, `${name}: the stream holds no image`, due);
    const tagged = Object.hasOwn(evidence.quayTags, image.name)
      ? evidence.quayTags[image.name]
      : { unreachable: "was not asked" };
    const lag = mayLag(image.name) ? "warning" : "failed";
    const follows = streamFollows({ key: `images/${image.stream}/behind`, name, due }, digest, tagged, lag);
    const accepted = new Set(tagged && !isUnreachable(tagged) && tagged.includes(digest) ? tagged : []);
    const runs = podsRun(
      { ...image, key: `images/${image.stream}/pods`, tagged: name, due },
      accepted.add(digest),
      pods,
    );
    return { problems: [...follows.problems, ...runs.problems], lines: [...follows.lines, ...runs.lines] };
  });
  const wrong = findings.filter((each) => each.problems.length > 0);
  return {
    summary:
      wrong.length === 0
        ? "Every pod runs what its stream holds, and every stream what Quay's tag names."
        : `${wrong.length} of ${findings.length} images are not the same at Quay, in the stream, and in the pods.`,
    evidence: findings.flatMap((each) => each.lines),
    problems: findings.flatMap((each) => each.problems),
  };
}

interface Lines {
  problems: Problem[];
  lines: string[];
}

function bad(verdict: Problem["verdict"], key: string, line: string, due: boolean): Lines {
  return { problems: [problem(key, verdict, line, { due })], lines: [line] };
}

function streamFollows(
  { key, name, due }: { key: string; name: string; due: boolean },
  digest: string,
  tagged: Reading<readonly string[]> | undefined,
  lag: Problem["verdict"],
): Lines {
  if (!tagged || isUnreachable(tagged)) {
    const why = tagged ? tagged.unreachable : "was not asked";
    return bad("unknown", key, `${name}: holds ${short(digest)}; Quay: ${why}`, due);
  }
  if (tagged.includes(digest)) return { problems: [], lines: [`${name}: holds ${short(digest)}, as Quay`] };
  const there = tagged[0] ? short(tagged[0]) : "nothing";
  return bad(lag, key, `${name}: holds ${short(digest)}, but Quay's tag names ${there}`, due);
}

/**
 * Containers name their image by the stream or by Quay's repository. One that runs another architecture's manifest of
 * the same list runs the same build.
 */
function podsRun(
  image: { name: string; stream: string; tagged: string; key: string; due: boolean },
  accepted: ReadonlySet<string>,
  pods: readonly InspectedPod[],
): Lines {
  const { key, due } = image;
  const containers = containersOf(image, pods);
  if (containers.length === 0) return bad("warning", key, `${image.tagged}: no pod runs it`, due);
  const told = containers.map(({ pod, container, digest }) => {
    const runs = digest ? `runs ${short(digest)}` : "has not started yet";
    const right = digest !== null && accepted.has(digest);
    return { right, line: `${pod}: ${container} ${runs}${digest && !right ? " instead" : ""}` };
  });
  return {
    lines: told.map((each) => each.line),
    problems: told.filter((each) => !each.right).map(({ line }) => problem(key, "failed", line, { due })),
  };
}

/** The containers that run an image, with what they really run. */
export function containersOf(
  image: { name: string; stream: string },
  pods: readonly InspectedPod[],
): { pod: string; container: string; digest: string | null }[] {
  return pods
    .filter((pod) => !hasEnded(pod))
    .flatMap((pod) => pod.images.map((each) => ({ ...each, pod: pod.name })))
    .filter((each) => each.image === image.name || each.image === image.stream);
}
