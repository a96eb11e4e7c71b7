import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { containedInMain, patchId } from "../../../functions/domain/patch.ts";

const patch = ["@@ -10,3 +10,4 @@ def f():", " context", "-old", "+new", "+more"].join("\n");

describe("patchId", () => {
  it("is the same for a cherry-pick at other lines, with other white space, in another order of files", () => {
    const picked = ["@@ -99,3 +120,4 @@ class C:", "   context", "-old", "+new", "+\tmore  "].join("\r\n");
    const one = patchId([
      { path: "a.py", patch },
      { path: "b.py", patch },
    ]);
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(
      patchId([
        { path: "b.py", patch: picked },
        { path: "a.py", patch: `${picked}\n\\ No newline at end of file` },
      ]),
    ).toBe(one);
  });

  it.each([
    ["another file", [{ path: "b.py", patch }]],
    ["another line", [{ path: "a.py", patch: patch.replace("new", "newer") }]],
    ["the reverse", [{ path: "a.py", patch: patch.replace("-old", "+old") }]],
    [
      "one file more",
      [
        { path: "a.py", patch },
        { path: "b.py", patch },
      ],
    ],
  ])("differs for %s", (_, files) => {
    expect(patchId(files)).not.toBe(patchId([{ path: "a.py", patch }]));
  });

  it.each([
    ["no files", []],
    ["a binary file", [{ path: "a.py", patch }, { path: "logo.png" }]],
    ["an empty patch", [{ path: "a.py", patch: "" }]],
    ["a null patch", [{ path: "a.py", patch: null }]],
  ])("cannot be told for %s", (_, files) => {
    expect(patchId(files)).toBeNull();
  });

  it("does not mix up what stands in one file and what stands in the next", () => {
    const files = fc.uniqueArray(
      fc.record({
        path: fc.constantFrom("a", "b", "c"),
        patch: fc.constantFrom("+a", "+b", "+a\n+b", "+b\n+a", "-a"),
      }),
      { selector: (file) => file.path, minLength: 1 },
    );
    const text = (list: { path: string; patch: string }[]) =>
      JSON.stringify(
        [...list].sort((a, b) => a.path.localeCompare(b.path)).map(({ path, patch }) => [path, patch]),
      );
    fc.assert(
      fc.property(files, files, (one, other) => {
        expect(patchId(one) === patchId(other)).toBe(text(one) === text(other));
      }),
    );
  });
});

describe("containedInMain", () => {
  const main = new Set([patchId([{ path: "a.py", patch }]), null]);

  it("finds the same patch", () => {
    expect(containedInMain([{ path: "a.py", patch }], main)).toBe(true);
    expect(containedInMain([{ path: "a.py", patch: "+other" }], main)).toBe(false);
  });

  it("does not take one unknown patch for another", () => {
    expect(containedInMain([{ path: "logo.png" }], main)).toBe(false);
    expect(containedInMain([], main)).toBe(false);
  });
});
