import { lazy } from "./runtime/lazy.ts";
import { count } from "./runtime/metrics.ts";
import { stepFunctions } from "./services/step-functions.ts";
import { createWaits, type Waits } from "./store/waits.ts";

/** The store's waits, resuming executions through Step Functions: steps register them, steps and http signal. */
export const waits = lazy(
  (): Waits =>
    createWaits({
      resume: async (token, output) => {
        const outcome = await stepFunctions().succeed(token, output);
        const bySignal = output.origin === "signal";
        if (outcome === "resumed") count(bySignal ? "WaitsEndedBySignal" : "WaitsEndedByRecheck");
        return outcome;
      },
    }),
);
