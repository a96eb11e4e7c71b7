import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import type { ConfigInput } from "../../functions/runtime/config.ts";
import { parseConfig } from "../../functions/runtime/config.ts";
import type { StartedRun, StartRequest } from "../../functions/start-run.ts";
import { packit } from "../../infra/config/packit.ts";
import { createApprover } from "../../infra/local/approver.ts";
import type { FaultName } from "../../infra/local/faults.ts";
import { openLog } from "../../infra/local/log.ts";
import type { Transition } from "../../infra/local/step-functions/index.ts";
import { type System, type SystemOptions, startSystem } from "../../infra/local/system.ts";
import { madeUpWeek } from "../../infra/local/world/data.ts";
import { createFaults } from "../../infra/local/world/faults.ts";

export interface TestSystem extends System {
  start(request?: Partial<StartRequest>): Promise<StartedRun>;
  /** Resolves when a run enters a state, counted from the system's start. */
  entered(run: string, state: string, times?: number): Promise<void>;
  /** Resolves with the execution's status once it ended. */
  ended(run: StartedRun): Promise<string>;
  /** The next personal link that a person gets in Slack. */
  link(github: string): Promise<string>;
}

/** The whole system in this process, with nobody who answers. One at a time: its environment is the process's. */
export async function startTestSystem(
  options: {
    config?: Partial<ConfigInput>;
    speed?: number;
    peopleSpeed?: number;
    faults?: FaultName[];
    flows?: SystemOptions["flows"];
  } = {},
): Promise<TestSystem> {
  openLog(mkdtempSync(join(tmpdir(), "stablehand-log-")));
  const config: ConfigInput = { ...packit, ...options.config };
  const seen: Transition[] = [];
  const listeners = new Set<() => void>();
  const system = await startSystem({
    config,
    seed: madeUpWeek(parseConfig(config)),
    speed: options.speed ?? 1000,
    peopleSpeed: options.peopleSpeed ?? 1,
    port: 0,
    stateDir: null,
    faults: createFaults(options.faults ?? []),
    flows: options.flows,
    log: () => {},
  });
  system.onTransition((transition) => {
    seen.push(transition);
    for (const listener of listeners) listener();
  });
  const until = async (reached: () => boolean) =>
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!reached()) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  const approvers = new Map(
    config.people.map((person) => [
      person.github,
      createApprover(parseConfig(config).people.find((each) => each.github === person.github) as never, {
        slackApiUrl: system.world.slack.url,
        token: system.world.slack.botToken,
        since: 0,
      }),
    ]),
  );
  return {
    ...system,
    async start(request = {}) {
      const scheduledFor = "2026-11-23T12:00:00.000Z";
      return (await system.invoke("StartRun", { scheduledFor, by: "person", ...request })) as StartedRun;
    },
    entered: async (run, state, times = 1) =>
      await until(
        () =>
          seen.filter(
            (each) => each.execution.name === run && each.type === "entered" && each.state === state,
          ).length >= times,
      ),
    async ended({ run, execution }) {
      const last = ["RunEnded", "RunFailed"];
      await until(() => seen.some((each) => each.execution.name === run && last.includes(each.state)));
      for (;;) {
        const { status } = await system.stepFunctions.send(
          new DescribeExecutionCommand({ executionArn: execution }),
        );
        if (status && status !== "RUNNING") return status;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async link(github) {
      for (;;) {
        const link = await approvers.get(github)?.nextLink();
        if (link) return link;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
