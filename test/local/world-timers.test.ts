import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createTimers } from "../../infra/local/world/timers.ts";

const minute = 60_000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function timers(speed: number) {
  const errors: unknown[] = [];
  return { errors, timers: createTimers({ speed, onError: (error) => errors.push(error) }) };
}

describe("after", () => {
  test("runs once, as many times faster as the speed says", async () => {
    const { timers: world } = timers(60);
    const work = vi.fn<() => void>();

    world.after(2, work);

    await vi.advanceTimersByTimeAsync(1999);
    expect(work).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10 * minute);
    expect(work).toHaveBeenCalledOnce();
  });

  test("waits for longer than a timer of the platform can", async () => {
    const { timers: world } = timers(1);
    const work = vi.fn<() => void>();
    const month = 30 * 24 * 60;

    world.after(month, work);

    await vi.advanceTimersByTimeAsync((month - 1) * minute);
    expect(work).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(minute);
    expect(work).toHaveBeenCalledOnce();
  });
});

describe("every", () => {
  test("repeats, and never overlaps itself", async () => {
    const { timers: world } = timers(1);
    let open = () => {};
    const work = vi.fn(() => new Promise<void>((resolve) => (open = resolve)));

    world.every(1, work);

    await vi.advanceTimersByTimeAsync(5 * minute);
    expect(work).toHaveBeenCalledTimes(1);
    open();
    await vi.advanceTimersByTimeAsync(minute);
    expect(work).toHaveBeenCalledTimes(2);
  });

  test("goes on after an error, which is told", async () => {
    const { timers: world, errors } = timers(1);
    const failure = new Error("no connection");

    world.every(1, () => Promise.reject(failure));

    await vi.advanceTimersByTimeAsync(2 * minute);
    expect(errors).toEqual([failure, failure]);
  });
});

test("close cancels everything, what is scheduled later included, and silences errors", async () => {
  const { timers: world, errors } = timers(1);
  const work = vi.fn<() => void>();
  let fail = (_error: Error) => {};
  world.after(0, () => new Promise<void>((_resolve, reject) => (fail = reject)));
  world.after(1, work);
  world.every(1, work);
  await vi.advanceTimersByTimeAsync(1);

  world.close();
  fail(new Error("connection refused"));
  world.after(1, work);
  await vi.advanceTimersByTimeAsync(10 * minute);

  expect(work).not.toHaveBeenCalled();
  expect(errors).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
