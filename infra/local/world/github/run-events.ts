import { formatRun, formatWorkflow, type RunFormat, type RunRecord, type RunStore } from "./runs.ts";
import type { Webhooks } from "./webhooks.ts";

/** The life of a workflow run, told by webhooks. */
export interface RunEvents {
  /** A queued run finds a machine at once. */
  begin(run: RunRecord): void;
  /** Resolves when the end was told. */
  finish(repository: string, id: number, conclusion: string): Promise<void>;
}

export function createRunEvents({
  runs,
  format,
  webhooks,
  log,
}: {
  runs: RunStore;
  format: RunFormat;
  webhooks: Webhooks;
  log(text: string): void;
}): RunEvents {
  const last = new Map<number, Promise<void>>();

  /** Events of one run are sent one after the other. */
  function tell(run: RunRecord, action: "requested" | "in_progress" | "completed"): Promise<void> {
    const deliver = async () =>
      await webhooks.deliver("workflow_run", `${format.owner}/${run.repository}`, {
        action,
        workflow_run: await formatRun(format, run),
        workflow: formatWorkflow(format, run.repository, run.path),
      });
    const told = (last.get(run.id) ?? Promise.resolve())
      .then(deliver)
      // GitHub itself is going down, so nobody can be told.
      .catch((error: unknown) => log(`the run ${run.id} is ${action}, untold: ${String(error)}`));
    last.set(run.id, told);
    return told;
  }

  return {
    begin(run) {
      void tell(run, "requested");
      void tell(runs.update(run.repository, run.id, { status: "in_progress" }), "in_progress");
    },
    async finish(repository, id, conclusion) {
      const updatedAt = new Date().toISOString();
      await tell(runs.update(repository, id, { status: "completed", conclusion, updatedAt }), "completed");
      last.delete(id);
    },
  };
}
