import { describe, expect, it } from "vitest";
import * as errors from "../../../functions/runtime/errors.ts";

type ErrorClass = new (message: string, options?: ErrorOptions) => errors.StablehandError;

const classes = Object.entries(errors).filter(
  ([, value]) => typeof value === "function" && value.prototype instanceof errors.StablehandError,
) as [string, ErrorClass][];

describe("every error", () => {
  it.each(classes)("%s has its class's name, which the state machine matches on", (name, ErrorClass) => {
    const cause = new Error("why");
    const thrown = new ErrorClass("what happened", { cause });
    expect(thrown).toBeInstanceOf(Error);
    expect(thrown).toBeInstanceOf(errors.StablehandError);
    expect(thrown.name).toBe(name);
    expect(thrown.message).toBe("what happened");
    expect(thrown.cause).toBe(cause);
    expect(`${thrown}`).toBe(`${name}: what happened`);
  });

  it("keeps its name when classes are renamed, as a minifier does", () => {
    const renamed = { a: errors.StableMoved }.a;
    Object.defineProperty(renamed, "name", { value: "a", configurable: true });
    expect(new renamed("x").name).toBe("StableMoved");
    Object.defineProperty(renamed, "name", { value: "StableMoved" });
  });
});

describe("RateLimited", () => {
  it("carries what the system said", () => {
    expect(new errors.RateLimited("slow down", { retryAfterSeconds: 30 }).retryAfterSeconds).toBe(30);
    expect(new errors.RateLimited("slow down").retryAfterSeconds).toBeUndefined();
  });
});

describe("messageOf", () => {
  it("reads whatever was thrown", () => {
    expect(errors.messageOf(new Error("x"))).toBe("x");
    expect(errors.messageOf("y")).toBe("y");
    expect(errors.messageOf(undefined)).toBe("undefined");
  });
});
