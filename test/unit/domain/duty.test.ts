import { describe, expect, it } from "vitest";
import { whoIsOnDuty } from "../../../functions/domain/duty.ts";

const people = [
  { github: "ada", away: false },
  { github: "ben", away: false },
  { github: "cleo", away: true },
];
const duty = (assignees: string[] | null, backup = "ben") => whoIsOnDuty({ assignees, people, backup });

describe("whoIsOnDuty", () => {
  it("is the assignee, written as in the configuration", () => {
    expect(duty(["Ada"])).toEqual({ login: "ada", how: "assigned", note: null });
  });

  it("is the first assignee who is known and present", () => {
    expect(duty(["zoe", "cleo", "ada", "ben"])).toEqual({ login: "ada", how: "assigned", note: null });
  });

  it.each([
    [["zoe"], "Zoe is not in the configuration."],
    [["cleo"], "Cleo is away."],
    [["cleo", "zoe"], "Cleo is away, zoe is not in the configuration."],
    [[], "Nobody is assigned to the weekly role."],
    [null, "The issue of the weekly role was not found."],
  ])("is the backup for assignees %j, with the reason", (assignees, note) => {
    expect(duty(assignees)).toEqual({ login: "ben", how: "backup", note });
  });

  it("says when the backup is away too", () => {
    expect(duty([], "cleo").note).toBe("Nobody is assigned to the weekly role. The backup is away too.");
  });
});
