import { describe, expect, test } from "vitest";
import { jsonPatch, mergePatch } from "../../infra/local/world/openshift/patch.ts";
import { labelSelector } from "../../infra/local/world/openshift/selectors.ts";

describe("a merge patch", () => {
  // From RFC 7396, appendix A.
  test.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [["a"], { a: "b" }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("of %j with %j gives %j", (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });
});

describe("a JSON patch", () => {
  test.each([
    [[{ op: "replace", path: "/list/1", value: 9 }], { list: [1, 9], "a/b": { "c~d": 1 } }],
    [[{ op: "add", path: "/list/-", value: 3 }], { list: [1, 2, 3], "a/b": { "c~d": 1 } }],
    [[{ op: "remove", path: "/list/0" }], { list: [2], "a/b": { "c~d": 1 } }],
    [[{ op: "remove", path: "/a~1b/c~0d" }], { list: [1, 2], "a/b": {} }],
    [
      [
        { op: "test", path: "/list", value: [1, 2] },
        { op: "replace", path: "", value: {} },
      ],
      {},
    ],
  ])("%j gives %j", (operations, result) => {
    expect(jsonPatch({ list: [1, 2], "a/b": { "c~d": 1 } }, operations)).toEqual(result);
  });

  test.each([
    ["a failed test", [{ op: "test", path: "/a", value: 2 }]],
    ["a path that is not there", [{ op: "replace", path: "/b/c", value: 2 }]],
    ["an operation that is not supported", [{ op: "move", path: "/a", from: "/b" }]],
    ["something else than a list", { op: "add" }],
  ])("is refused for %s", (_, operations) => {
    expect(() => jsonPatch({ a: 1 }, operations)).toThrow();
  });
});

test.each([
  ["", true],
  ["app=web", true],
  ["app==web,tier!=back", true],
  ["app in (api, web),tier", true],
  ["tier notin (front)", false],
  ["!tier", false],
  ["missing!=x", true],
  ["missing notin (x)", true],
  ["missing in (x)", false],
])("the selector %j matches as Kubernetes says: %s", (selector, matches) => {
  const labels = { app: "web", tier: "front" };
  const object = { metadata: { labels } } as unknown as Parameters<ReturnType<typeof labelSelector>>[0];

  expect(labelSelector(selector)(object)).toBe(matches);
});
