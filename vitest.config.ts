import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    // They need Python, and minutes: npm run test:peers, npm run test:faults.
    exclude: [...configDefaults.exclude, "test/peers/**", "test/faults/**"],
    setupFiles: ["test/support/deny-network.ts"],
    reporters: ["default", "./test/support/summary-reporter.ts"],
    // They wait more than they compute, so two side by side suit two cores, where vitest would run one.
    maxWorkers: 2,
    // Rehearsals start servers and wait for real events: their own deadlines are tighter than this one.
    testTimeout: 60_000,
    // Written to the output as they are, since CloudWatch reads them there.
    env: { POWERTOOLS_METRICS_DISABLED: "true" },
    hookTimeout: 60_000,
  },
});
