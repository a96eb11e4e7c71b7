import type { Context } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { createLambdaLayer, type LambdaHandler } from "../../infra/local/lambda.ts";

function layer(handler: LambdaHandler, timeoutSeconds = 10) {
  return createLambdaLayer({ functions: { work: { load: async () => ({ handler }), timeoutSeconds } } });
}

describe("a Lambda", () => {
  test("gets and gives JSON", async () => {
    const at = new Date("2026-11-23T12:00:00Z");
    const { invoke } = layer((event) => ({ event, nothing: undefined, at }));
    expect(await invoke("work", { at, nothing: undefined })).toEqual({
      event: { at: "2026-11-23T12:00:00.000Z" },
      at: "2026-11-23T12:00:00.000Z",
    });
    expect(await layer(() => undefined).invoke("work", undefined)).toBeNull();
    await expect(layer(() => 1n).invoke("work", {})).rejects.toMatchObject({ name: "Runtime.MarshalError" });
  });

  test("gets its context", async () => {
    const { invoke } = layer((_: never, context: Context) => ({
      name: context.functionName,
      id: context.awsRequestId,
      left: context.getRemainingTimeInMillis(),
    }));
    const [first, second] = (await Promise.all([invoke("work", {}), invoke("work", {})])) as {
      name: string;
      id: string;
      left: number;
    }[];
    expect(first).toMatchObject({
      name: "work",
      left: expect.toSatisfy((left) => left > 0 && left <= 10_000),
    });
    expect(first?.id).not.toBe(second?.id);
  });

  test("lets its errors out as they are", async () => {
    const error = Object.assign(new Error("moved"), { name: "StableMoved" });
    const { invoke } = layer(() => {
      throw error;
    });
    await expect(invoke("work", {})).rejects.toBe(error);
  });

  test("times out, and is broken off by its signal", async () => {
    const never = new Promise(() => undefined);
    await expect(layer(() => never, 0.02).invoke("work", {})).rejects.toMatchObject({
      name: "Sandbox.Timedout",
      message: expect.stringContaining("Task timed out after 0.02 seconds"),
    });
    const controller = new AbortController();
    const running = layer(() => never).invoke("work", {}, { signal: controller.signal });
    controller.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
  });

  test("is loaded once, and again after a failure", async () => {
    let loads = 0;
    const { invoke, names } = createLambdaLayer({
      functions: {
        work: {
          load: async () => {
            if (++loads === 1) throw new SyntaxError("broken bundle");
            return { handler: () => loads };
          },
          timeoutSeconds: 1,
        },
      },
    });
    expect(names).toEqual(["work"]);
    await expect(invoke("work", {})).rejects.toThrow("broken bundle");
    expect([await invoke("work", {}), await invoke("work", {})]).toEqual([2, 2]);
    const none = { name: "Lambda.ResourceNotFoundException" };
    await expect(invoke("other", {})).rejects.toMatchObject(none);
  });
});
