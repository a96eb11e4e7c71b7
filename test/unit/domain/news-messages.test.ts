import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  newsProblemMessage,
  noNewsMessage,
  publishedMessage,
  reviewWantedMessage,
  unpublishedMessage,
} from "../../../functions/domain/news-messages.ts";
import {
  changedNewsComment,
  expiredComment,
  withdrawnComment,
  withheldComment,
} from "../../../functions/domain/post-comments.ts";
import { allText, expectToFit, strange } from "../../support/messages.ts";

const facts = {
  service: "Packit Service",
  run: "weekly-2026-11-23",
  timeZone: "Europe/Prague",
  now: "2026-11-23T12:00:00Z",
};
const post = {
  ...facts,
  title: "Packit in November 2026",
  pullRequest: { number: 7, url: "https://github.com/x/y/pull/7" },
};
const duty = { name: "Ada", slack: "U00000ADA" };

describe("messages about the post", () => {
  it("say what it waits for, until when, and call the person on duty", () => {
    const wanted = { ...post, duty, waitsFor: "an approval", deadline: "2026-11-28T12:00:00Z" };
    const text = allText(reviewWantedMessage({ ...wanted, reminder: true }));
    expect(text).toContain("<@U00000ADA>");
    expect(text).toContain("still waits for an approval");
    expect(text).toContain("Sat 28 Nov, 13:00 CET");
    expect(allText(reviewWantedMessage({ ...wanted, reminder: false }))).not.toContain("still");
  });

  it("say when a problem is tried again, or that it was given up", () => {
    const problem = { ...facts, step: "The publication", error: "RequestRefused", reason: "conflict", duty };
    expect(allText(newsProblemMessage({ ...problem, againAt: "2026-11-23T13:00:00Z" }))).toContain(
      "14:00 CET",
    );
    expect(allText(newsProblemMessage({ ...problem, againAt: null }))).toContain("the next post tells");
  });

  it("fit and notify nobody, whatever comes in", () => {
    fc.assert(
      fc.property(strange, strange, (one, other) => {
        const titled = { ...post, title: one };
        const messages = [
          reviewWantedMessage({
            ...titled,
            duty: { name: other, slack: null },
            waitsFor: other,
            deadline: facts.now,
            reminder: true,
          }),
          publishedMessage({ ...titled, postUrl: "https://packit.dev/x" }),
          unpublishedMessage({ ...titled, reason: one, next: other }),
          noNewsMessage({ ...facts, since: "2026-11-16", till: "2026-11-23", held: 3 }),
          newsProblemMessage({ ...facts, step: one, error: other, reason: one, duty: null, againAt: null }),
        ];
        for (const message of messages) {
          expectToFit(message);
          expect(allText(message)).not.toMatch(/<!(channel|here|everyone)/);
        }
      }),
    );
  });
});

describe("comments below the pull request", () => {
  const change = {
    repo: "packit",
    number: 12,
    sha: "a".repeat(40),
    title: "x",
    description: null,
    message: "",
    mergedAt: facts.now,
    author: null,
    url: "https://github.com/packit/packit/pull/12",
  };

  it("show what is new as text to copy, in code that nothing inside ends", () => {
    const told = { changes: [change] as [typeof change], note: "New: @everybody\n\n```\n$ packit\n```" };
    const text = changedNewsComment([told], []) ?? "";
    const [fence = ""] = /`{4,}/.exec(text) ?? [];
    expect(text.split(fence)).toHaveLength(3);
    expect(text.split(fence)[1]).toContain("[packit#12](https://github.com/packit/packit/pull/12)");
  });

  it("name what is to go, and are absent when there is nothing to say", () => {
    expect(changedNewsComment([], [{ key: "packit#12", url: change.url }])).toContain(`](${change.url})`);
    expect(changedNewsComment([], [])).toBeNull();
  });

  it("mention nobody and close nothing", () => {
    for (const text of [withheldComment("@ada broke it, fixes #3"), withdrawnComment("See @ada #3", null)]) {
      expect(text).not.toMatch(/@ada|#3/);
    }
    expect(expiredComment(1)).toContain("within a day");
  });
});
