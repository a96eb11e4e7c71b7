import { createRequire } from "node:module";
import { afterEach, expect, test, vi } from "vitest";
import { traced } from "../../../functions/runtime/traces.ts";

afterEach(() => vi.unstubAllEnvs());

/** X-Ray's SDK follows every promise of a process from the moment it is loaded. */
const isLoaded = () =>
  Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes("aws-xray-sdk-core"));

const trace = (sampled: 0 | 1) =>
  `Root=1-67890abc-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=${sampled}`;

test("X-Ray's SDK is loaded where a request is traced, and nowhere else", async () => {
  expect(await traced("move-stable", {}, async () => "moved")).toBe("moved");
  vi.stubEnv("_X_AMZN_TRACE_ID", trace(0));
  expect(await traced("move-stable", {}, async () => "moved")).toBe("moved");
  expect(isLoaded()).toBe(false);

  vi.stubEnv("_X_AMZN_TRACE_ID", trace(1));
  expect(await traced("move-stable", {}, async () => "moved")).toBe("moved");
  expect(isLoaded()).toBe(true);
});
