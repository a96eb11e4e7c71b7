import { defineConfig } from "vitest/config";

/** Whole rehearsals with every fault and every pair of them: npm run test:faults. */
export default defineConfig({
  test: {
    include: ["test/faults/**/*.test.ts"],
    setupFiles: ["test/support/deny-network.ts"],
    reporters: ["default", "./test/support/summary-reporter.ts"],
    // A rehearsal has its process's environment to itself, so only files run side by side.
    maxWorkers: 2,
    // Compressed time does not wait for a machine that is busy elsewhere: such a rehearsal gets a second chance.
    retry: 1,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
