import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    // They need Python, and minutes: npm run test:peers, npm run test:faults.
    exclude: [...configDefaults.exclude, "test/peers/**", "test/faults/**"],
    setupFiles: ["test/support/deny-network.ts"],
    reporters: ["default", "./test/support/summary-reporter.ts"],
    // Rehearsals start servers and wait for real events: their own deadlines are tighter than this one.
    testTimeout: 30_000,
    // Written to the output as they are, since CloudWatch reads them there.
    env: { POWERTOOLS_METRICS_DISABLED: "true" },
    hookTimeout: 60_000,
  },
});
