/** What is ordered: a name and the names that must come before it. */
export interface Ordered {
  name: string;
  waitsFor: readonly string[];
}

/**
 * Topological sort into waves: each wave waits only for earlier ones, and everything stands in the earliest wave that it
 * can. Names outside the list are not waited for. Within a wave the order of the list stays.
 *
 * @throws Error when they wait for each other in a circle; a checked configuration rules that out.
 */
export function inWaves(list: readonly Ordered[]): string[][] {
  const waves: string[][] = [];
  let left = [...list];
  while (left.length > 0) {
    const pending = new Set(left.map((each) => each.name));
    const ready = left.filter((each) => !each.waitsFor.some((name) => pending.has(name)));
    if (ready.length === 0) {
      throw new Error(`These wait for each other in a circle: ${[...pending].join(", ")}.`);
    }
    waves.push(ready.map((each) => each.name));
    left = left.filter((each) => !ready.includes(each));
  }
  return waves;
}
