import { basename } from "node:path";
import { catalog } from "../catalog.ts";
import { awsPlace, buildUrl, executionUrl, logsUrl } from "../domain/aws-console.ts";
import type { Run } from "../store/runs.ts";

/** Links of a run into the AWS console; null where its execution is not at AWS. */
export interface ConsoleLinks {
  execution: string;
  /** The log lines of the whole run. */
  logs: string;
  /** Those of a state. Null: it calls no function. */
  logsOf(state: string): string | null;
  /** A build of CodeBuild, by its id. */
  build(id: string): string;
}

/** Logs come a little before and after what the run's record tells. */
const marginMs = 5 * 60 * 1000;

/**
 * @param flow name of its state machine, behind the name of the installation: `weekly-deployment`.
 * @param now ISO 8601: the end of a run that goes on.
 */
export function consoleLinks(run: Run, flow: string, now: string): ConsoleLinks | null {
  const place = awsPlace(run.execution);
  const execution = executionUrl(run.execution);
  if (!place || !execution) return null;
  const installation = place.machine.slice(0, place.machine.lastIndexOf(flow));
  const group = (name: string) => `/aws/lambda/${installation}${name}`;
  const shifted = (iso: string, by: number) => new Date(Date.parse(iso) + by).toISOString();
  const about = {
    run: run.id,
    from: shifted(run.openedAt, -marginMs),
    to: shifted(run.endedAt ?? now, marginMs),
  };
  return {
    execution,
    logs: logsUrl(place, { ...about, logGroups: Object.keys(catalog).map(group) }),
    logsOf(state) {
      const [name, entry] = Object.entries(catalog).find(([, { states }]) => states.includes(state)) ?? [];
      if (!name || !entry) return null;
      const step = basename(entry.entry).replace(/\.tsx?$/, "");
      return logsUrl(place, { ...about, step, logGroups: [group(name)] });
    },
    build: (id) => buildUrl(place, id),
  };
}
