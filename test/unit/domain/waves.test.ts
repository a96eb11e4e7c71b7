import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inWaves } from "../../../functions/domain/waves.ts";

const node = (name: string, ...waitsFor: string[]) => ({ name, waitsFor });

describe("inWaves", () => {
  it("orders the real repositories", () => {
    const waves = inWaves([
      node("ogr"),
      node("specfile"),
      node("packit", "ogr", "specfile"),
      node("sandcastle"),
      node("packit-service", "packit", "ogr", "specfile", "sandcastle"),
    ]);
    expect(waves).toEqual([["ogr", "specfile", "sandcastle"], ["packit"], ["packit-service"]]);
  });

  it("does not wait for what is not in the list", () => {
    expect(inWaves([node("packit", "ogr")])).toEqual([["packit"]]);
  });

  it("refuses a circle, also one of itself", () => {
    expect(() => inWaves([node("free"), node("a", "b"), node("b", "a")])).toThrow("circle: a, b");
    expect(() => inWaves([node("a", "a")])).toThrow("circle: a");
  });

  it("puts everything once, in the first wave that its dependencies allow", () => {
    const graphs = fc.array(fc.array(fc.nat(12), { maxLength: 4 }), { maxLength: 12 }).chain((edges) =>
      fc.shuffledSubarray(
        edges.map((each, index) => node(`n${index}`, ...each.filter((n) => n < index).map((n) => `n${n}`))),
        { minLength: edges.length },
      ),
    );
    fc.assert(
      fc.property(graphs, (list) => {
        const waves = inWaves(list);
        const wave = new Map(waves.flatMap((each, index) => each.map((name) => [name, index] as const)));
        expect(waves.flat().sort()).toEqual(list.map((each) => each.name).sort());
        for (const each of list) {
          const before = each.waitsFor.map((name) => wave.get(name) ?? Number.NaN);
          expect(wave.get(each.name)).toBe(before.length === 0 ? 0 : Math.max(...before) + 1);
        }
      }),
    );
  });
});
