import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BadInput, StableMoved } from "../../../functions/runtime/errors.ts";
import { forgetLazyValues } from "../../../functions/runtime/lazy.ts";
import { log, withLogKeys } from "../../../functions/runtime/logger.ts";
import { repositoryInput, runInput, step, waitingInput } from "../../../functions/runtime/step.ts";

/** The log lines that were written, parsed. */
let lines: Record<string, unknown>[];

beforeEach(() => {
  lines = [];
  forgetLazyValues();
  // In development mode the logger writes to the console that is there when it is made.
  vi.stubEnv("POWERTOOLS_DEV", "true");
  for (const method of ["info", "warn", "error", "debug", "log"] as const) {
    vi.spyOn(console, method).mockImplementation((line: unknown) => {
      lines.push(JSON.parse(String(line)));
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  forgetLazyValues();
});

describe("step", () => {
  it("hands over the checked input and returns what the work returns", async () => {
    const handler = step(
      "move-stable",
      repositoryInput,
      async ({ run, repository }) => `${run} ${repository}`,
    );
    expect(await handler({ run: "weekly-1", repository: "ogr", more: 1 })).toBe("weekly-1 ogr");
  });

  it.each([undefined, null, {}, { run: "" }, { run: "weekly-1" }, { run: 1, taskToken: "t" }])(
    "refuses %j",
    async (event) => {
      const work = vi.fn(async () => null);
      const handler = step("ask-approval", waitingInput, work);
      await expect(handler(event)).rejects.toThrow(BadInput);
      await expect(handler(event)).rejects.toThrow("ask-approval got an input of another shape");
      expect(work).not.toHaveBeenCalled();
    },
  );

  it("lets errors through as they are, and logs their names", async () => {
    const moved = new StableMoved("ogr moved");
    const handler = step("move-stable", runInput, async () => {
      throw moved;
    });
    await expect(handler({ run: "weekly-1" })).rejects.toBe(moved);
    expect(lines.at(-1)).toMatchObject({
      level: "ERROR",
      event: "move-stable.failed",
      error: "StableMoved",
      reason: "ogr moved",
      run: "weekly-1",
    });
  });

  it("puts run, step and repository on every line, and on none after it", async () => {
    const handler = step("move-stable", repositoryInput, async () => log("move-stable.moved", { to: "abc" }));
    await handler({ run: "weekly-1", repository: "ogr" });
    log("other.event");
    const inside = { step: "move-stable", run: "weekly-1", repository: "ogr" };
    expect(lines.map((line) => line.event)).toEqual([
      "move-stable.started",
      "move-stable.moved",
      "move-stable.ended",
      "other.event",
    ]);
    for (const line of lines.slice(0, 3)) expect(line).toMatchObject(inside);
    expect(lines.at(-1)).not.toHaveProperty("run");
  });

  it("does not mix up two runs that work at the same time", async () => {
    const handler = step("open-run", runInput, async ({ run }) => {
      await Promise.resolve();
      log("open-run.inside", { expected: run });
    });
    await Promise.all([handler({ run: "weekly-1" }), handler({ run: "weekly-2" })]);
    const inside = lines.filter((line) => line.event === "open-run.inside");
    expect(inside).toHaveLength(2);
    for (const line of inside) expect(line.run).toBe(line.expected);
  });

  it("never writes the task token", async () => {
    await step("ask-approval", waitingInput, async () => null)({ run: "weekly-1", taskToken: "very-secret" });
    expect(JSON.stringify(lines)).not.toContain("very-secret");
  });
});

describe("log", () => {
  it("keeps the event's code whatever the details say", () => {
    withLogKeys({ run: "weekly-1" }, () => log("real.event", { event: "other" }, "warn"));
    expect(lines.at(-1)).toMatchObject({
      event: "real.event",
      message: "real.event",
      level: "WARN",
      run: "weekly-1",
    });
  });
});
