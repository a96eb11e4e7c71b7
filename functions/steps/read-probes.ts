import { z } from "zod";
import { type CurlReport, judgeProbes, probesOf } from "../domain/firewall-probe.ts";
import type { ClusterResults } from "../domain/firewall-request.ts";
import type { ClusterName } from "../runtime/config.ts";
import { messageOf, ServiceUnavailable } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import { jobs } from "../services/openshift-jobs.ts";
import {
  clusterNames,
  firewallConfig,
  probeName,
  rememberResults,
  rememberStart,
  roundResults,
  wantedAccess,
} from "./firewall-context.ts";
import { minutesAfter, now } from "./run-context.ts";

const input = runInput.extend({ round: z.number().int().nonnegative() });

/** A line of curl's `--write-out %{json}`. */
const report = z.object({
  url: z.string(),
  exitcode: z.number().int(),
  errormsg: z.string().nullable().default(null),
  remote_ip: z.string().default(""),
  time_connect: z.number().default(0),
});

/**
 * Reads what the looks from inside have found. A Job that has not ended in time, or is gone, leaves its cluster unknown.
 * @returns `status`: `read`, or `running` while it is worth looking again.
 */
export const handler = step("read-probes", input, async ({ run, round }) => {
  if (await roundResults(run, round)) return { status: "read" };
  const probes = probesOf((await wantedAccess(run)).targets);
  const startedAt = await rememberStart(run, round, now());
  const late = now() >= minutesAfter(startedAt, firewallConfig().probeMinutes);
  const results: ClusterResults = {};
  for (const cluster of clusterNames) {
    const found = await readCluster(cluster, probeName(run, round), late);
    if (found === null) return { status: "running" };
    results[cluster] = judgeProbes(probes, found);
  }
  await rememberResults(run, round, results);
  log("read-probes.read", { round, results });
  return { status: "read" };
});

/** Null: it still runs, and there is time. */
async function readCluster(cluster: ClusterName, name: string, late: boolean): Promise<CurlReport[] | null> {
  try {
    const job = await (await jobs(cluster)).read(name);
    if (job.state === "running") return late ? [] : null;
    return job.state === "ended" ? reportsIn(job.log) : [];
  } catch (thrown) {
    if (!late || !(thrown instanceof ServiceUnavailable)) throw thrown;
    log("read-probes.not-answered", { cluster, reason: messageOf(thrown) }, "warn");
    return [];
  }
}

/** Whatever else stands in the log is not ours. */
function reportsIn(text: string): CurlReport[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith("{")) return [];
    try {
      const parsed = report.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
