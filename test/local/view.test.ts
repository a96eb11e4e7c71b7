import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { View } from "../../infra/local/view.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A pipe, and when each line came, in seconds. */
function pipe() {
  const started = Date.now();
  const lines: { at: number; text: string }[] = [];
  const out = new PassThrough() as unknown as NodeJS.WriteStream;
  out.write = (text: string | Uint8Array) => {
    lines.push({ at: (Date.now() - started) / 1000, text: String(text) });
    return true;
  };
  return { out, lines };
}

test("something changes at least every 2 s, from the start and whatever happens", async () => {
  const { out, lines } = pipe();
  const view = new View(out);
  view.line("first");
  view.start("starting");
  for (const pause of [700, 100, 2_900, 1_500, 4_100, 50]) {
    await vi.advanceTimersByTimeAsync(pause);
    view.line("happened");
  }
  await vi.advanceTimersByTimeAsync(5_000);
  view.stop();

  const gaps = lines.slice(1).map(({ at }, index) => at - (lines[index]?.at ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(2);
  expect(lines.some(({ text }) => text.includes("… starting"))).toBe(true);

  const before = lines.length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(lines).toHaveLength(before);
});

test("tells what is under way, and between the states what it was started for", async () => {
  const { out, lines } = pipe();
  const view = new View(out);
  let active = [{ state: "AwaitBuild", repository: "dashboard", since: Date.now() }];
  view.follow(() => ({ active, repositories: [] }));
  view.start("starting");
  await vi.advanceTimersByTimeAsync(2_000);
  active = [];
  view.start("reading");
  await vi.advanceTimersByTimeAsync(2_000);
  view.stop();

  expect(lines.map(({ text }) => text.trim().replace(/^.*… /, ""))).toEqual([
    "dashboard: AwaitBuild 2 s",
    "reading",
  ]);
});
