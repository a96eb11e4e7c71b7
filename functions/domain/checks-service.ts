import {
  type Backlog,
  type Evidence,
  type Finding,
  isUnreachable,
  problem,
  type Reading,
  type Thresholds,
  unreachable,
} from "./inspection-evidence.ts";
import { count } from "./words.ts";

/** The checks of what the deployed service tells of itself. */

export function inspectHealthz(reading: Evidence["healthz"]): Finding {
  if (isUnreachable(reading)) {
    return unreachable("healthz", "The service could not be asked for its health", reading);
  }
  return { summary: "The service says that it is well.", evidence: [reading.status], problems: [] };
}

/** On staging a version that differs is a build under way more often than not. */
export function inspectVersions(evidence: Evidence): Finding {
  const { environment, system, expectedVersions, notBuilt, due } = evidence;
  if (isUnreachable(system)) {
    return unreachable("versions", "The service could not be asked for its versions", system);
  }
  if (isUnreachable(expectedVersions)) {
    return unreachable("versions", "What the versions should be could not be read", expectedVersions);
  }
  const components = Object.entries(expectedVersions).map(([component, sha]) => {
    const key = `versions/${component}`;
    const commit = Object.hasOwn(system, component) ? system[component]?.commit : undefined;
    const same = commit !== undefined && commit.length >= 7 && sha.startsWith(commit);
    if (!same) {
      const line = `${component}: ${commit ?? "nothing said"} instead of ${sha.slice(0, 7)}`;
      const verdict = environment === "staging" ? "warning" : "failed";
      return { line, problem: problem(key, verdict, line, { due: due.components.includes(component) }) };
    }
    const why = Object.hasOwn(notBuilt, component) ? notBuilt[component] : undefined;
    if (!why) return { line: `${component}: ${commit}`, problem: null };
    const line = `${component}: ${commit}, knowingly not built anew: ${why}`;
    return { line, problem: problem(`${key}/not-built`, "warning", line) };
  });
  const problems = components.flatMap((each) => each.problem ?? []);
  const other = problems.filter((each) => !each.key.endsWith("/not-built")).length;
  const skipped = problems.length - other;
  return {
    summary:
      other > 0
        ? `${other} of ${components.length} versions are not the expected ones.`
        : skipped > 0
          ? `The service runs what was built for it; ${count(skipped, "version")} knowingly not built.`
          : "The service runs the expected versions.",
    evidence: components.map((each) => each.line),
    problems,
  };
}

/** How many tasks wait for a worker. */
export function inspectQueues(reading: Reading<readonly Backlog[]>, limits: Thresholds): Finding {
  if (isUnreachable(reading)) return unreachable("queues", "The queues could not be read", reading);
  if (reading.length === 0) {
    const text = "The metrics tell of no queue: is queues.metric the name of the right one?";
    return unreachable("queues", "Nothing is known of the queues", { unreachable: text });
  }
  const lines = reading.map(({ queue, waiting }) => {
    const text = `${queue}: ${count(waiting, "task")} waiting`;
    const known = Number.isFinite(waiting);
    const verdict = !known
      ? ("unknown" as const)
      : waiting >= limits.backlogFailure
        ? ("failed" as const)
        : waiting >= limits.backlogWarning
          ? ("warning" as const)
          : null;
    return { text, waiting, problem: verdict && problem(`queues/${queue}`, verdict, text) };
  });
  const long = lines.filter((each) => each.problem).length;
  const total = reading.reduce((sum, each) => sum + each.waiting, 0);
  return {
    summary:
      long === 0
        ? `${count(total, "task")} wait in ${count(lines.length, "queue")}.`
        : `${long} of ${count(lines.length, "queue")} ${long === 1 ? "is" : "are"} too long, or cannot be read.`,
    evidence: lines.map((each) => each.text),
    problems: lines.flatMap((each) => each.problem ?? []),
  };
}
