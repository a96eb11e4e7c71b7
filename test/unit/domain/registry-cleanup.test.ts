import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CleanupRules,
  cleared,
  type HoldReason,
  type JudgedTag,
  judgeTags,
  type RegistryTag,
} from "../../../functions/domain/registry-cleanup.ts";

const now = "2026-11-23T12:00:00.000Z";
const day = 24 * 60 * 60 * 1000;
const daysAgo = (days: number) => new Date(Date.parse(now) - days * day).toISOString();
const rules: CleanupRules = {
  keepTags: ["prod", "stg", "latest"],
  rules: [
    { tags: "main-{sha7}", keep: 2 },
    { tags: "{branch}-{sha7}-{epoch}", keep: 1 },
  ],
  keepDays: 30,
};
const free = { digests: new Map<string, HoldReason>(), tags: new Set<string>() };
const noList = () => null;

const tag = (name: string, digest: string, days: number, isList = false): RegistryTag => ({
  name,
  digest,
  startedAt: daysAgo(days),
  isList,
});

function judge(tags: RegistryTag[], options: Partial<Parameters<typeof judgeTags>[1]> = {}) {
  const judged = judgeTags(tags, { image: "dashboard", rules, holds: free, inList: noList, now, ...options });
  return Object.fromEntries(judged.map(({ name, keptBecause }) => [name, keptBecause]));
}

describe("by the rules", () => {
  test("the newest of a rule stay, then what is young, and the others go", () => {
    const tags = [1, 2, 20, 40, 50].map((days) => tag(`main-000000${days % 10}`, `d${days}`, days));
    expect(judge([...tags].reverse())).toEqual({
      "main-0000001": "newest",
      "main-0000002": "newest",
      "main-0000000": "young",
    });
    const old = [35, 40, 50].map((days) => tag(`main-00000${days}`, `d${days}`, days));
    expect(judge(old)).toEqual({
      "main-0000035": "newest",
      "main-0000040": "newest",
      "main-0000050": null,
    });
  });

  test("each branch counts by itself, and tags of the same manifest count once", () => {
    const tags = [
      tag("stable-aaaaaaa-1790000000", "a", 40),
      tag("stable-bbbbbbb-1780000000", "b", 50),
      tag("stable-ccccccc-1780000000", "a", 60),
      tag("hotfix-aaaaaaa-1790000000", "c", 70),
    ];
    expect(judge(tags)).toEqual({
      "stable-aaaaaaa-1790000000": "newest",
      "stable-bbbbbbb-1780000000": null,
      "stable-ccccccc-1780000000": "newest",
      "hotfix-aaaaaaa-1790000000": "newest",
    });
  });

  test("what no rule is about stays, also where a rule's text holds signs of patterns", () => {
    const odd = { ...rules, rules: [{ tags: "v1.+", keep: 1 }] };
    const tags = [tag("v1.+", "a", 90), tag("v1.x", "b", 90), tag("debug", "c", 400)];
    expect(judge(tags, { rules: odd })).toEqual({ "v1.+": "newest", "v1.x": "noRule", debug: "noRule" });
  });

  test("a time that is none keeps its tag and takes no other tag's place", () => {
    const broken = { ...tag("main-1111111", "x", 0), startedAt: "yesterday" };
    const others = [40, 50].map((days) => tag(`main-00000${days}`, `d${days}`, days));
    expect(judge([broken, ...others])).toEqual({
      "main-0000040": "newest",
      "main-0000050": "newest",
      "main-1111111": "young",
    });
  });
});

describe("what is protected", () => {
  const old = (name: string, digest: string, isList = false) => tag(name, digest, 100, isList);
  const many = [old("main-0000001", "n1"), old("main-0000002", "n2")];
  const reasonsOf = (tags: RegistryTag[], options: Partial<Parameters<typeof judgeTags>[1]>) =>
    judge([...many.map((each) => ({ ...each, startedAt: daysAgo(99) })), ...tags], options);

  test("a list stays while any manifest in it is used", () => {
    const holds = { ...free, digests: new Map<string, HoldReason>([["arm", "inUse"]]) };
    const inList = (digest: string) => ({ l1: ["amd", "arm"], l2: ["amd2", "arm2"] })[digest] ?? null;
    const judged = reasonsOf([old("main-aaaaaaa", "l1", true), old("main-bbbbbbb", "l2", true)], {
      holds,
      inList,
    });
    expect(judged).toMatchObject({ "main-aaaaaaa": "inUse", "main-bbbbbbb": null });
  });

  test("a list that was not read stays", () => {
    expect(reasonsOf([old("main-aaaaaaa", "l1", true)], {})).toMatchObject({ "main-aaaaaaa": "unread" });
  });

  test("a tag of the same manifest as prod stays, and one that a cluster asks for by name", () => {
    const holds = { ...free, tags: new Set(["dashboard:main-ccccccc", "other:main-ddddddd"]) };
    const tags = [
      old("prod", "p"),
      old("main-aaaaaaa", "p"),
      old("main-ccccccc", "c"),
      old("main-ddddddd", "d"),
    ];
    expect(reasonsOf(tags, { holds })).toMatchObject({
      prod: "protectedName",
      "main-aaaaaaa": "shared",
      "main-ccccccc": "inUse",
      "main-ddddddd": null,
    });
  });
});

// Few names, digests and times, so that everything meets everything.
const digest = fc.constantFrom("a", "b", "c", "d", "e", "f");
const anyTag = fc.record({
  name: fc.oneof(
    fc.constantFrom("prod", "stg", "latest", "debug"),
    fc
      .tuple(fc.constantFrom("main", "stable"), fc.integer({ min: 0, max: 9 }))
      .map(([b, n]) => `${b}-000000${n}`),
  ),
  digest,
  startedAt: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -40, max: 400 }).map(daysAgo) },
    { weight: 1, arbitrary: fc.constantFrom("", "never", "0000-00-00") },
  ),
  isList: fc.boolean(),
});
const anyWorld = fc.record({
  tags: fc.array(anyTag, { maxLength: 30 }),
  held: fc.dictionary(digest, fc.constantFrom<HoldReason>("inUse", "wayBack", "quarantined")),
  names: fc.array(
    anyTag.map(({ name }) => `dashboard:${name}`),
    { maxLength: 3 },
  ),
  lists: fc.dictionary(digest, fc.array(digest, { maxLength: 3 })),
  keep: fc.integer({ min: 1, max: 4 }),
  keepDays: fc.integer({ min: 1, max: 90 }),
  now: fc.oneof(fc.integer({ min: -1000, max: 1000 }).map(daysAgo), fc.constantFrom("", "no time")),
});
type AnyWorld = typeof anyWorld extends fc.Arbitrary<infer W> ? W : never;

function judged(world: AnyWorld): JudgedTag[] {
  return judgeTags(world.tags, {
    image: "dashboard",
    rules: { ...rules, rules: [{ tags: "{branch}-{sha7}", keep: world.keep }], keepDays: world.keepDays },
    holds: { digests: new Map(Object.entries(world.held)), tags: new Set(world.names) },
    inList: (each) => world.lists[each] ?? null,
    now: world.now,
  });
}

/** Written down independently of the rules: everything that a tag needs. */
function needed(world: AnyWorld, { digest: top, isList }: RegistryTag): string[] {
  return [top, ...(isList ? (world.lists[top] ?? []) : [])];
}

describe("whatever the tags, the clocks and the lists", () => {
  test("nothing protected goes, and nothing that shares a manifest with it", () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const all = judged(world);
        const isProtected = (each: RegistryTag) =>
          ["prod", "stg", "latest"].includes(each.name) ||
          world.names.includes(`dashboard:${each.name}`) ||
          needed(world, each).some((one) => one in world.held);
        const kept = new Set(all.filter(isProtected).flatMap((each) => needed(world, each)));
        for (const each of all.filter(({ keptBecause }) => keptBecause === null)) {
          expect(isProtected(each)).toBe(false);
          expect(needed(world, each).filter((one) => kept.has(one))).toEqual([]);
          expect(each.isList && !(each.digest in world.lists)).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("what goes is older than the rules say, and enough newer ones stay", () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const all = judged(world);
        expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
        for (const each of all.filter(({ keptBecause }) => keptBecause === null)) {
          const age = Date.parse(world.now) - Date.parse(each.startedAt);
          expect(age).toBeGreaterThanOrEqual(world.keepDays * day);
          const branch = each.name.split("-")[0];
          const newer = all.filter(
            (other) =>
              other.name.split("-")[0] === branch &&
              other.name.includes("-") &&
              Date.parse(other.startedAt) >= Date.parse(each.startedAt) &&
              other.digest !== each.digest,
          );
          expect(new Set(newer.map((other) => other.digest)).size).toBeGreaterThanOrEqual(world.keep);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("the order in which tags are listed changes nothing", () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const once = new Map(world.tags.map((each) => [each.name, each]));
        const tags = [...once.values()];
        expect(judged({ ...world, tags: tags.toReversed() })).toEqual(judged({ ...world, tags }));
      }),
    );
  });

  test("between the plan and the deletion anything may happen: only what is as it was shown, and still may go, goes", () => {
    fc.assert(
      fc.property(anyWorld, anyWorld, (shown, later) => {
        const approved = judged(shown).filter(({ keptBecause }) => keptBecause === null);
        // The later world shares most tags with the one that was shown.
        const present = { ...later, tags: [...later.tags, ...shown.tags] };
        const fresh = judged(present);
        for (const { name, verdict } of cleared(approved, fresh)) {
          const before = approved.find((each) => each.name === name);
          const after = fresh.find((each) => each.name === name);
          if (verdict === "delete") {
            expect(after).toEqual({ ...before, isList: after?.isList });
          } else if (verdict === "gone") {
            expect(after).toBeUndefined();
          } else if (verdict === "changed") {
            expect([after?.digest, after?.startedAt]).not.toEqual([before?.digest, before?.startedAt]);
          } else {
            expect(after?.keptBecause).toBe(verdict);
          }
        }
        expect(cleared(approved, fresh).map(({ name }) => name)).toEqual(approved.map(({ name }) => name));
      }),
      { numRuns: 500 },
    );
  });
});
