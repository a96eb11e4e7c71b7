import { afterAll, expect, test } from "vitest";
import { patience } from "../support/fault-suite.ts";
import { rehearse, scratchFolder, startRehearsal } from "../support/rehearsal.ts";

const scratch = scratchFolder();
afterAll(scratch.remove);

test("a process that the system kills in the middle of a run leaves nothing behind", patience, async () => {
  const first = startRehearsal(scratch.path, "--fresh", "--yes");
  await first.printed(/✔ MoveStable packit /);
  first.child.kill("SIGKILL");
  const killed = await first.ended;
  expect(killed.code).toBeNull();

  const { output, report, code } = await rehearse(scratch.path, "--yes");

  expect(output).toMatch(/closed +weekly-\S+, which was left behind: aborted/);
  expect(output).toMatch(/finished: deployed/);
  expect(code).toBe(0);
  expect(report?.earlier).toMatchObject([{ status: "aborted" }]);
  expect(report?.lock).toBeNull();
  for (const values of [report?.topics.slack, report?.topics.matrix]) {
    expect(values?.at(-1)).toBe(values?.[0]);
    // Each of the two runs set ours and put it back.
    expect(values).toHaveLength(5);
  }
  for (const name of ["packit", "dashboard", "packit-service"]) {
    expect(report?.github[name]?.stable).toBe(report?.github[name]?.main);
  }
  expect(
    report?.slack.filter((text) => /weekly deployment \S+ (was aborted|finished) at/.test(text)),
  ).toHaveLength(2);
});
