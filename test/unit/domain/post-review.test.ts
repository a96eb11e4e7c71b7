import { describe, expect, test } from "vitest";
import { type PostUnderReview, reviewState } from "../../../functions/domain/post-review.ts";

const head = "a".repeat(40);
const review = (
  state: PostUnderReview["reviews"][number]["state"],
  { reviewer = "ada-packit" as string | null, association = "NONE", sha = head } = {},
) => ({ reviewer, association, state, sha });

function stateOf(change: Partial<PostUnderReview>) {
  return reviewState({
    state: "open",
    merged: false,
    draft: false,
    head,
    reviews: [review("approved")],
    checks: [{ name: "build", state: "passed" }],
    team: ["Ada-Packit", "ben-packit"],
    notInProduction: [],
    ...change,
  });
}

test("an approval of the head by the team, with every check passed, is enough", () => {
  expect(stateOf({})).toEqual({ is: "approved", head });
  expect(stateOf({ checks: [] })).toEqual({ is: "approved", head });
});

test("what people did to the pull request comes first", () => {
  expect(stateOf({ merged: true, state: "closed" })).toEqual({ is: "merged" });
  expect(stateOf({ state: "closed" })).toEqual({ is: "closed" });
});

describe("it waits for", () => {
  test.each<[string, Partial<PostUnderReview>]>([
    ["an approval", { reviews: [] }],
    ["an approval", { reviews: [review("approved", { reviewer: "stranger" })] }],
    ["an approval", { reviews: [review("approved", { reviewer: null, association: "MEMBER" })] }],
    ["an approval", { reviews: [review("approved"), review("dismissed")] }],
    ["an approval of its newest commit", { reviews: [review("approved", { sha: "b".repeat(40) })] }],
    [
      "the changes that ben-packit asked for",
      { reviews: [review("changes requested", { reviewer: "ben-packit" }), review("approved")] },
    ],
    ["its checks (build)", { checks: [{ name: "build", state: "pending" }] }],
    [
      "the repair of its failed checks (lint)",
      {
        checks: [
          { name: "lint", state: "failed" },
          { name: "x", state: "pending" },
        ],
      },
    ],
    ["the end of its draft state", { draft: true }],
    ["an approval and its checks (build)", { reviews: [], checks: [{ name: "build", state: "pending" }] }],
    ["the removal of what is not in production (packit#7)", { notInProduction: ["packit#7"] }],
  ])("%s", (words, change) => expect(stateOf(change)).toEqual({ is: "waiting", for: words }));
});

describe("it does not wait", () => {
  test.each<[string, Partial<PostUnderReview>]>([
    [
      "for a stranger who asks for changes",
      { reviews: [review("approved"), review("changes requested", { reviewer: "x" })] },
    ],
    ["after the same reviewer approved", { reviews: [review("changes requested"), review("approved")] }],
    ["when a comment follows the approval", { reviews: [review("approved"), review("other")] }],
    [
      "for the team of the configuration alone",
      { reviews: [review("approved", { reviewer: "cleo", association: "MEMBER" })] },
    ],
  ])("%s", (_, change) => expect(stateOf(change).is).toBe("approved"));
});
