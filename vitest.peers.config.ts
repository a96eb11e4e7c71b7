import { configDefaults, defineConfig } from "vitest/config";

/** Checks by programs of others; test/peers/run.ts starts it, once they are there. */
export default defineConfig({
  test: {
    // The store's tests once more, at moto's DynamoDB: see test/support/dynamodb.ts.
    include: ["test/peers/**/*.test.ts", "test/unit/store/**/*.test.ts"],
    // These do without the table.
    exclude: [...configDefaults.exclude, "test/unit/store/{table,wait-states}.test.ts"],
    setupFiles: ["test/support/deny-network.ts"],
    reporters: ["verbose", "./test/support/summary-reporter.ts"],
    // An expiry takes half a minute in each of two engines.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    env: { POWERTOOLS_METRICS_DISABLED: "true", POWERTOOLS_LOG_LEVEL: "SILENT" },
  },
});
