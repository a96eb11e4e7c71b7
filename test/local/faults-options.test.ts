import { describe, expect, test } from "vitest";
import { BadCommand } from "../../infra/local/bad-command.ts";
import { faultNames, faults } from "../../infra/local/faults.ts";
import { help, readOptions } from "../../infra/local/options.ts";

const width = Math.max(...faultNames.map((each) => each.length));

describe("--fail", () => {
  test("can be given several times, and twice the same is once", () => {
    const options = readOptions(["--fail", "slack-down", "--fail=build-fails", "--fail", "slack-down"]);

    expect(options?.faults).toEqual(["slack-down", "build-fails"]);
    expect(readOptions([])?.faults).toEqual([]);
  });

  test.each(["", "all", "toString", "slack-down,build-fails"])(
    "%j is refused, and all that there are told",
    (name) => {
      const read = () => readOptions(["--fail", name]);

      expect(read).toThrow(BadCommand);
      for (const each of faultNames) expect(read).toThrow(`${each.padEnd(width)} ${faults[each]}`);
    },
  );

  test("the help tells each of them", () => {
    for (const each of faultNames) expect(help).toContain(`${each.padEnd(width)} ${faults[each]}`);
  });
});

describe("--answer", () => {
  test("is for every step, or for one", () => {
    const options = readOptions(["--answer", "skip", "--answer", "MoveStable=abort"]);

    expect(options?.answers).toEqual({ otherwise: "skip", bySteps: { MoveStable: "abort" } });
    expect(readOptions([])?.answers).toEqual({ otherwise: "retry", bySteps: {} });
  });

  test.each([
    ["later", /--answer takes retry, skip, abort/],
    ["MoveStable", /--answer takes retry, skip, abort/],
    ["MoveStable=approve", /--answer takes retry, skip, abort/],
    ["MoveStabel=skip", /there is no step MoveStabel/],
  ])("%s is refused", (value, message) => {
    expect(() => readOptions(["--answer", value])).toThrow(BadCommand);
    expect(() => readOptions(["--answer", value])).toThrow(message);
  });
});
