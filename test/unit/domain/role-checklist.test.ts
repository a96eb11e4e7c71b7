import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type RoleTask,
  roleComment,
  tasksOf,
  tickChecklist,
  tickedItems,
} from "../../../functions/domain/role-checklist.ts";

const all = new Set<RoleTask>([
  "approval",
  "staging",
  "topics set",
  "branches moved",
  "images built",
  "post drafted",
  "production",
  "topics back",
  "post published",
  "toots",
  "deployment",
]);

describe("an item is known by what it speaks of", () => {
  test.each<[string, RoleTask[]]>([
    ["Do the weekly production deployment", ["deployment"]],
    ["Check with the team (on stand-up, or in the chat) whether deploying `main` is safe.", ["approval"]],
    ["**Check** the current state of the [staging](https://stg.packit.dev) deployment:", ["staging"]],
    ["If everything looks OK, proceed with the deployment.", ["approval"]],
    ["Change the channel topic on both chats to notify users that we are going to redeploy", ["topics set"]],
    ["Move content from `main` branches to the `stable` branches.", ["branches moved"]],
    ["Go to the Actions tab and make sure the images are built and pushed to Quay.io.", ["images built"]],
    ["Create a blog post about what's been changed since the last `stable` update", ["post drafted"]],
    ["Check that new images are imported to the production deployment", ["production"]],
    ["Revert the topic change after the images are built and imported", ["topics back"]],
    ["Merge and publish your blog post.", ["post published"]],
    ["(optional) Create a Mastodon post mentioning the top news.", ["toots"]],
    ["publish the blog post and toot about it", ["toots", "post published"]],
  ])("%s", (item, tasks) => expect(tasksOf(item)).toEqual(tasks));

  test.each([
    "Request the missing firewall rules, if needed",
    "Clean up older images from Quay.",
    "Apply changes of Kubernetes/OpenShift objects, so do `DEPLOYMENT=prod make deploy`",
    "Water the plants",
    "Check pods",
    "Thank whoever reported the bug in production",
  ])("%s: nobody here knows it", (item) => expect(tasksOf(item)).toEqual([]));
});

describe("ticking", () => {
  const body = [
    "tl;dr:",
    "- [ ] Do the weekly production deployment\r",
    "* [x] Merge and publish your blog post",
    "  1. [ ] Change the channel topic on",
    "     both chats",
    "- [ ] publish the blog post and toot about it",
    "- [ ] Water the plants",
    "```",
    "- [ ] Do the weekly production deployment",
    "```",
    "- [ ]",
    "- [ ]Move main to stable",
  ].join("\n");

  test("changes a bracket and nothing else", () => {
    const { body: after, ticked } = tickChecklist(
      body,
      new Set(["deployment", "topics set", "post published"]),
    );
    expect(ticked).toEqual(["Do the weekly production deployment", "Change the channel topic on both chats"]);
    expect(after).toBe(
      body
        .replace("- [ ] Do the weekly", "- [x] Do the weekly")
        .replace("1. [ ] Change the channel", "1. [x] Change the channel"),
    );
    expect(tickedItems(after)).toContain("Merge and publish your blog post");
  });

  test("waits for every task that an item speaks of", () => {
    expect(tickChecklist(body, new Set(["toots"])).ticked).toEqual([]);
    expect(tickChecklist(body, new Set(["toots", "post published"])).ticked).toEqual([
      "publish the blog post and toot about it",
    ]);
  });

  test("leaves the items that it is told to leave", () => {
    const item = "Do the weekly production deployment";
    expect(tickChecklist(body, new Set(["deployment"]), new Set([item])).body).toBe(body);
  });

  test("of anything at all keeps every other character, and does nothing the second time", () => {
    const piece = fc.constantFrom(
      "- [ ] ",
      "* [x] ",
      "publish the blog post",
      "toot",
      "\n",
      "```",
      "[ ]",
      "> ",
      "🙂",
      "x",
    );
    const text = fc
      .array(fc.oneof(piece, fc.string({ maxLength: 8 })), { maxLength: 40 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(text, (before) => {
        const { body: after, ticked } = tickChecklist(before, all);
        expect(after.replaceAll("[x]", "[ ]")).toBe(before.replaceAll("[x]", "[ ]"));
        expect(after.split("[x]").length - before.split("[x]").length).toBe(ticked.length);
        expect(tickChecklist(after, all).ticked).toEqual([]);
      }),
    );
  });
});

test("the comment tells what is done and what is not", () => {
  const text = roleComment({
    run: "weekly-2026-11-23",
    ended: null,
    done: new Set(["approval", "topics set"]),
    post: "https://github.com/packit/packit.dev/pull/7",
  });
  expect(text).toContain("Stablehand is doing the weekly deployment `weekly-2026-11-23`.");
  expect(text).toContain("- ✔ approved by the team");
  expect(text).toContain("- … weekly post published");
  expect(text).toContain("The post: https://github.com/packit/packit.dev/pull/7");
});
