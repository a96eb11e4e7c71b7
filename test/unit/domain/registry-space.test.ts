import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesInWords, type ManifestContents, measure } from "../../../functions/domain/registry-space.ts";

const layers: Record<string, number> = { base: 100, a: 10, b: 20, c: 30 };
const plain = (digest: string, ...names: string[]): ManifestContents => ({
  digest,
  manifests: [],
  layers: names.map((name) => ({ digest: name, size: layers[name] ?? 0 })),
});
const list = (digest: string, ...manifests: string[]): ManifestContents => ({
  digest,
  manifests,
  layers: [],
});
const known = (...all: ManifestContents[]) => {
  const byDigest = new Map(all.map((each) => [each.digest, each]));
  return (digest: string) => byDigest.get(digest) ?? null;
};

describe("space", () => {
  const contents = known(
    plain("m1", "base", "a"),
    plain("m2", "base", "b"),
    plain("m3", "c"),
    list("l1", "m1", "m3"),
    list("l2", "m2", "missing"),
  );

  test("a layer counts once, and is not freed while a tag that stays needs it", () => {
    const tags = [
      { digest: "m1", goes: true },
      { digest: "m1", goes: true },
      { digest: "m2", goes: false },
    ];
    expect(measure(tags, contents)).toEqual({ bytes: 130, freed: 10, unmeasured: 0 });
  });

  test("a list is what it holds, and frees nothing that is tagged by itself", () => {
    const tags = [
      { digest: "l1", goes: true },
      { digest: "m1", goes: false },
    ];
    expect(measure(tags, contents)).toEqual({ bytes: 140, freed: 30, unmeasured: 0 });
  });

  test("a list that is known in part only is told as not measured", () => {
    expect(measure([{ digest: "l2", goes: true }], contents)).toEqual({ bytes: 0, freed: 0, unmeasured: 1 });
  });

  test("what is freed and what is needed make the whole, whatever goes", () => {
    const digest = fc.constantFrom("m1", "m2", "m3", "l1");
    fc.assert(
      fc.property(fc.array(fc.record({ digest, goes: fc.boolean() })), (tags) => {
        const { bytes, freed } = measure(tags, contents);
        const stay = tags.filter(({ goes }) => !goes);
        expect(measure(stay, contents).bytes).toBe(bytes - freed);
        expect(
          measure(
            tags.map((each) => ({ ...each, goes: true })),
            contents,
          ).freed,
        ).toBe(bytes);
      }),
    );
  });
});

test.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [1500, "1.5 kB"],
  [999_600, "1.0 MB"],
  [12_340_000_000, "12 GB"],
])("%i is %s", (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words);
});
