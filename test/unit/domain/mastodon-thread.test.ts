import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  draftToots,
  joinParts,
  type PublishedPost,
  splitText,
  type TootPlan,
  tootLength,
} from "../../../functions/domain/mastodon-thread.ts";
import { findUrls } from "../../../functions/services/mastodon.ts";
import { countCharacters } from "../../../infra/local/world/mastodon.ts";

const rules = { limit: 500, urlLength: 23, findUrls };
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const count = (text: string) => tootLength(text, rules);

const url = fc
  .tuple(
    fc.constantFrom(
      "https://packit.dev",
      "http://github.com",
      "https://a.b.c.software",
      "https://fosstodon.org",
    ),
    fc.constantFrom(
      "",
      "/",
      "/posts/release",
      `/${"long/".repeat(60)}end`,
      "/?q=a&b=c#top",
      "/a_(b)",
      "/ends.",
    ),
  )
  .map((parts) => parts.join(""));
const awkward = fc.constantFrom(
  "👩‍👩‍👧‍👦".repeat(40),
  "🏳️‍🌈",
  "e\u0301".repeat(30),
  "x".repeat(700),
  "界".repeat(600),
  "@packit@fosstodon.org",
  "@packit",
  "me@example.org",
  "https://localhost/",
  "http://127.0.0.1:8080/x",
  "https://intranet.corp/x",
  "gemini://a.io",
  "(https://packit.dev)",
  "https://packit.dev,",
  "seehttps://packit.dev/x",
  "https://packit.dev/ž/界",
  "\u{1F1E8}\u{1F1FF}",
);
const word = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z]{1,12}[,.]?$/) },
  url,
  awkward,
  fc.string({ unit: "binary", maxLength: 20 }),
);
const gap = fc.constantFrom(" ", " ", " ", "\n", "\n\n", "  ");
const text = fc
  .array(fc.tuple(word, gap), { maxLength: 150 })
  .map((pairs) => pairs.flat().join("").toWellFormed());

describe("the length of a toot", () => {
  it.each([
    ["Hello", 5],
    [`See https://packit.dev/${"x".repeat(200)}`, 4 + 23],
    ["https://a.io and http://b.org/c.", 23 + 5 + 23 + 1],
    ["by @packit@fosstodon.org", 3 + 7],
    ["👩‍👩‍👧‍👦🏳️‍🌈e\u0301", 3],
    ["", 0],
  ])("%s counts %i", (toot, length) => {
    expect(count(toot)).toBe(length);
    expect(countCharacters(toot)).toBe(length);
  });

  it("is never less than Mastodon counts", () => {
    fc.assert(
      fc.property(text, (toot) => {
        expect(count(toot)).toBeGreaterThanOrEqual(countCharacters(toot));
      }),
      { numRuns: 500 },
    );
  });
});

describe("a text that is split", () => {
  const limits = fc.constantFrom(60, 140, 500);

  it("is the text when it is joined again, and no part is longer than a toot", () => {
    fc.assert(
      fc.property(text, limits, (whole, limit) => {
        const parts = splitText(whole, { ...rules, limit });
        expect(joinParts(parts)).toBe(whole);
        for (const part of parts) {
          expect(tootLength(part.text, rules)).toBeLessThanOrEqual(limit);
          expect(countCharacters(part.text)).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is cut between words; inside one only where it is longer than a toot, and then between graphemes", () => {
    fc.assert(
      fc.property(text, limits, (whole, limit) => {
        const parts = splitText(whole, { ...rules, limit });
        const boundaries = new Set(Array.from(graphemes.segment(whole), (each) => each.index));
        const urls = findUrls(whole);
        let at = 0;
        for (const part of parts.slice(0, -1)) {
          at += part.text.length;
          if (part.gap === "") {
            const around = wordAround(whole, at);
            expect(tootLength(around, rules)).toBeGreaterThan(limit);
            expect(boundaries.has(at), "between two graphemes").toBe(true);
          } else expect(part.gap).toMatch(/^\s+$/);
          expect(urls.some(({ start, end }) => start < at && at < end)).toBe(false);
          at += part.gap.length;
        }
      }),
      { numRuns: 500 },
    );
  });

  function wordAround(whole: string, at: number): string {
    return (/\S*$/.exec(whole.slice(0, at))?.[0] ?? "") + (/^\S*/.exec(whole.slice(at))?.[0] ?? "");
  }
});

describe("the toots of a post", () => {
  const post: PublishedPost = {
    title: "Packit in November 2026",
    url: "https://packit.dev/posts/weekly/2026/week-47",
    entries: ["Packit builds faster.", "The dashboard shows logs, thanks to @ada.", "Ogr is smaller."],
  };
  const plan: TootPlan = { mode: "spread", entries: 2, everyMinutes: 1440 };

  it("tell its first entries, each with the link, one after the other", () => {
    expect(draftToots(post, plan, rules)).toEqual([
      {
        text: `Packit in November 2026\n\nPackit builds faster.\n\n${post.url}`,
        replyTo: null,
        afterMinutes: 0,
      },
      {
        text: `The dashboard shows logs, thanks to @\u2060ada.\n\n${post.url}`,
        replyTo: null,
        afterMinutes: 1440,
      },
    ]);
  });

  it("are a thread, where that is wanted", () => {
    const long = { ...post, entries: ["word ".repeat(150), "end"] };
    const toots = draftToots(long, { ...plan, mode: "thread" }, rules);
    expect(toots.map(({ replyTo }) => replyTo)).toEqual([null, 0]);
    expect(toots.map((each) => each.text).join(" ")).toMatch(/^Packit in November.*• word.*• end\s+https:/s);
  });

  it("are none without anything to tell", () => {
    expect(draftToots({ ...post, entries: ["  "] }, plan, rules)).toEqual([]);
  });

  it("fit and lose nothing, whatever the entries are", () => {
    const squeezed = (value: string) => value.replace(/\s+|@\u2060|@/g, "");
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 4 }),
        fc.constantFrom("thread" as const, "spread" as const),
        (entries, mode) => {
          const toots = draftToots({ ...post, entries }, { ...plan, mode, entries: 4 }, rules);
          for (const toot of toots) {
            expect(countCharacters(toot.text)).toBeLessThanOrEqual(500);
            expect(toot.text).toBe(toot.text.trim());
            expect(toot.text).not.toBe("");
            expect(toot.text).not.toMatch(/@\w/);
          }
          const all = squeezed(toots.map((each) => each.text.replace(/ \(\d+\/\d+\)$/, "")).join(""));
          for (const entry of entries) expect(all).toContain(squeezed(entry));
        },
      ),
      { numRuns: 200 },
    );
  });
});
