import { vi } from "vitest";
import { forgetLazyValues } from "../../functions/runtime/lazy.ts";
import { runs } from "../../functions/store/runs.ts";
import type { TestSystem } from "./local-system.ts";

/** A weekly run with its approved plan, whose steps are called one by one, as their states would. */
export interface StepRun {
  run: string;
  step<T = Record<string, unknown>>(name: string, input?: Record<string, unknown>): Promise<T>;
}

export async function approvedRun(system: TestSystem, run: string): Promise<StepRun> {
  const step = async <T>(name: string, input: Record<string, unknown> = {}) =>
    (await system.invoke(name, { run, ...input })) as T;
  await step("OpenRun", {
    kind: "weekly",
    scheduledFor: `${run.slice(-10)}T12:00:00.000Z`,
    only: [],
    purpose: "",
    execution: `arn:aws:states:eu-central-1:000000000000:execution:weekly-deployment:${run}`,
  });
  const { version } = await step<{ version: number }>("PlanPromotion");
  const plan = await runs().plan(run, version);
  if (!plan) throw new Error(`${run} was not planned`);
  await runs().saveApproved(run, plan);
  return { run, step };
}

/** From now on requests to these addresses find nobody, until the function that this returns is called. */
export function outage(...urls: string[]): () => void {
  const send = globalThis.fetch;
  const broken = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (urls.some((each) => url.startsWith(each))) throw new TypeError("fetch failed");
    return await send(input, init);
  });
  // Clients keep the fetch that they were made with.
  forgetLazyValues();
  return () => {
    broken.mockRestore();
    forgetLazyValues();
  };
}
