import { describe, expect, it } from "vitest";
import type { Change } from "../../../functions/domain/blog-post-kinds.ts";
import { changeKey, selectNews } from "../../../functions/domain/blog-post-selection.ts";
import { blogChange, blogRules } from "../../support/blog-changes.ts";

const now = "2026-11-23T12:00:00Z";
const note = "Packit now finds the specfile.";
const select = (changes: Change[], told: string[] = [], rules = blogRules) =>
  selectNews(changes, new Set(told), now, rules);
const keys = (list: { change: Change }[]) => list.map(({ change }) => changeKey(change));
const toldKeys = (changes: Change[], told: string[] = []) =>
  select(changes, told).told.map((each) => each.changes.map(changeKey).join("+"));

describe("what the draft tells", () => {
  it("is what has a release note, in the team's order and then by time", () => {
    const changes = [
      blogChange("dashboard", 4, "Show jobs", { note: "The dashboard shows jobs." }),
      blogChange("packit", 2, "Later", { note, mergedAt: "2026-11-21T10:00:00Z" }),
      blogChange("other", 9, "Not listed", { note: "Other news." }),
      blogChange("packit", 1, "Earlier", { note: "Packit runs." }),
      blogChange("packit", 3, "Without"),
    ];
    expect(toldKeys(changes)).toEqual(["packit#1", "packit#2", "dashboard#4", "other#9"]);
  });

  it("is nothing that was told before, and nothing twice", () => {
    const change = blogChange("packit", 1, "One", { note });
    expect(
      toldKeys([change, change, blogChange("packit", 2, "Two", { note: "Two." })], ["packit#2"]),
    ).toEqual(["packit#1"]);
  });

  it("joins changes whose authors wrote the same note", () => {
    const changes = [
      blogChange("packit-service", 8, "Use it", { note: `${note}\n` }),
      blogChange("packit", 7, "Add it", { note }),
    ];
    expect(toldKeys(changes)).toEqual(["packit#7+packit-service#8"]);
  });

  it("holds a commit without a pull request to the same rule", () => {
    const pushed = { number: null, sha: "abc", description: null };
    const message = `Fix\n\nRELEASE NOTES BEGIN\n${note}\nRELEASE NOTES END`;
    expect(toldKeys([blogChange("packit", 1, "Fix", { ...pushed, message })])).toEqual(["packit@abc"]);
    const bare = select([blogChange("packit", 1, "Fix", { ...pushed, message: "Fix" })]);
    expect([keys(bare.candidates), keys(bare.left)]).toEqual([[], ["packit@abc"]]);
  });
});

describe("what is put before the reviewer", () => {
  it.each([
    ["packit", "ci: run on main", note, "plumbing"],
    ["packit", "Speed up", "Our test suite runs faster.", "plumbing"],
    ["packit", "Types", "Type hints are complete.", "plumbing"],
    ["specfile", "Add it", "The method `Specfile.update_tag()` is new.", "library"],
    ["ogr", "Add it", "There is a new attribute of issues.", "library"],
    ["packit", "Add it", "N/A", "its author sees no news"],
    ["packit", "Add it", "TODO", "never written"],
  ])("holds back %s: %s, %j", (repo, title, text, reason) => {
    const { told, candidates } = select([blogChange(repo, 1, title, { note: text })]);
    expect(told).toEqual([]);
    expect(candidates[0]?.reason).toContain(reason);
  });

  it.each([
    ["packit", "Add an option", "The command `packit validate-config` has a method option."],
    ["specfile", "Fix %prep", "A macro in %prep that stands twice is kept."],
    ["packit-service", "Run tests", "Tests of Fedora CI are run by default."],
    ["packit", "Hook", "`packit init` brings the newest pre-commit hook."],
    ["packit", "docs: options", "The documentation explains every option."],
  ])("does not hold back %s: %s, %j", (repo, title, text) => {
    expect(toldKeys([blogChange(repo, 1, title, { note: text })])).toEqual([`${repo}#1`]);
  });

  it("offers old news with their date instead of telling them", () => {
    const { told, candidates } = select([
      blogChange("packit", 1, "Old", { note, mergedAt: "2026-10-20T10:00:00Z" }),
    ]);
    expect(told).toEqual([]);
    expect(candidates[0]).toMatchObject({ note, reason: expect.stringContaining("2026-10-20") });
  });

  it("ranks what has a text first, then features and fixes, plumbing and the author's no last", () => {
    const changes = [
      blogChange("packit", 1, "refactor: jobs"),
      blogChange("packit", 2, "Refine jobs", { note: "n/a" }),
      blogChange("packit", 3, "Fix jobs"),
      blogChange("packit", 4, "Add jobs"),
      blogChange("ogr", 5, "Add it", { note: "There is a new method." }),
      blogChange("packit", 6, "Add more jobs", { note: "TODO" }),
    ];
    expect(keys(select(changes).candidates).map((key) => key.split("#")[1])).toEqual([
      "6",
      "4",
      "5",
      "3",
      "2",
      "1",
    ]);
  });

  it("offers no more than asked for, and loses nothing", () => {
    const changes = Array.from({ length: 15 }, (_, index) => blogChange("packit", index + 1, `Add ${index}`));
    const { candidates, left } = select(changes);
    expect([candidates.length, left.length]).toEqual([10, 5]);
    expect(new Set([...keys(candidates), ...keys(left)]).size).toBe(15);
  });

  it.each([
    "Release 1.2.3",
    "[pre-commit.ci] pre-commit autoupdate",
    "Bump zod from 4.1 to 4.2",
    "Update constants",
  ])("does not offer %j", (title) => {
    const { candidates, left } = select([blogChange("packit", 1, title)]);
    expect([candidates.length, left.length]).toEqual([0, 1]);
  });

  it("takes a change that came into three repositories at once for plumbing", () => {
    const changes = ["packit", "ogr", "dashboard"].map((repo, at) => blogChange(repo, at, "Add the board"));
    expect(select(changes).candidates.map(({ reason }) => reason)).toEqual(
      Array(3).fill(expect.stringContaining("plumbing")),
    );
  });
});

describe("what was taken back", () => {
  const told = blogChange("packit", 1, "Add it", { note });
  const revert = (number: number, title: string, description = "", hour = number) =>
    blogChange("packit", number, title, { description, mergedAt: `2026-11-21T1${hour}:00:00Z` });

  it.each([
    ["its title", revert(2, 'Revert "Add it (#1)"')],
    ["its number", revert(2, "Revert the new thing", "Reverts packit/packit#1")],
    ["its commit", revert(2, "Revert the new thing", `This reverts commit ${told.sha}.`)],
  ])("is not told, by %s", (_, taken) => {
    const selection = select([told, taken]);
    expect([selection.told, selection.candidates]).toEqual([[], []]);
    expect(keys(selection.left).toSorted()).toEqual(["packit#1", "packit#2"]);
  });

  it("is told when that was taken back too", () => {
    const changes = [told, revert(2, 'Revert "Add it"'), revert(3, 'Revert "Revert "Add it""')];
    expect(toldKeys(changes)).toEqual(["packit#1"]);
  });

  it("leaves other repositories alone", () => {
    expect(toldKeys([told, { ...revert(2, 'Revert "Add it"'), repo: "ogr" }])).toEqual(["packit#1"]);
  });
});
