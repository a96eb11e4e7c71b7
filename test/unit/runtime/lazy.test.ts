import { describe, expect, it, vi } from "vitest";
import { forgetLazyValues, lazy } from "../../../functions/runtime/lazy.ts";

describe("lazy", () => {
  it("makes its value at the first use, once", () => {
    const make = vi.fn(() => ({}));
    const value = lazy(make);
    expect(make).not.toHaveBeenCalled();
    expect(value()).toBe(value());
    expect(make).toHaveBeenCalledTimes(1);
  });

  it("keeps a value that is nothing", () => {
    const make = vi.fn(() => undefined);
    const value = lazy(make);
    value();
    value();
    expect(make).toHaveBeenCalledTimes(1);
  });

  it("tries again after an error", () => {
    const make = vi
      .fn(() => 1)
      .mockImplementationOnce(() => {
        throw new Error("not yet");
      });
    const value = lazy(make);
    expect(value).toThrow("not yet");
    expect(value()).toBe(1);
  });

  it("shares a promise, and tries again after one that was rejected", async () => {
    const make = vi.fn(async () => 1).mockRejectedValueOnce(new Error("not yet"));
    const value = lazy(make);
    const [first, second] = [value(), value()];
    expect(first).toBe(second);
    await expect(first).rejects.toThrow("not yet");
    await expect(value()).resolves.toBe(1);
    expect(make).toHaveBeenCalledTimes(2);
  });

  it("forgets everything, as a new container would", () => {
    const value = lazy(() => ({}));
    const before = value();
    forgetLazyValues();
    expect(value()).not.toBe(before);
  });
});
