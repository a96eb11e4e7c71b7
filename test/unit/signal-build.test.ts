import { afterAll, beforeAll, expect, test } from "vitest";
import { codeBuildKey } from "../../functions/domain/keys.ts";
import { handler } from "../../functions/signal-build.ts";
import { waits } from "../../functions/waits.ts";
import { type HttpSystem, startHttpSystem } from "../support/http-system.ts";

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(async () => await system.close());

const ended = (build: string, status: string) => ({
  id: "6b0e2f1a-0000-4000-8000-000000000000",
  source: "aws.codebuild",
  "detail-type": "CodeBuild Build State Change",
  detail: {
    "build-id": `arn:aws:codebuild:eu-central-1:123456789012:build/${build}`,
    "build-status": status,
    "project-name": build.split(":")[0],
  },
});

async function waitFor(build: string, token: string): Promise<void> {
  const keys = [codeBuildKey(build)];
  await waits().register({ id: `run/Wait/${build}`, run: "run", keys, after: {}, token });
}

test.each(["SUCCEEDED", "FAILED", "STOPPED"])(
  "a build that ended as %s resumes who waits for it, once",
  async (status) => {
    const build = `stablehand-apply:${status}`;
    await waitFor(build, `token-${status}`);

    expect(await handler(ended(build, "IN_PROGRESS"))).toEqual({ resumed: [] });
    expect(await handler(ended(build, status))).toEqual({ resumed: [`run/Wait/${build}`] });
    expect(await handler(ended(build, status))).toEqual({ resumed: [] });

    expect(system.resumed.filter(({ token }) => token === `token-${status}`)).toHaveLength(1);
  },
);

test("a build that ended before anybody waited is found by the wait", async () => {
  const build = "stablehand-apply:early";
  await handler(ended(build, "SUCCEEDED"));
  await waitFor(build, "token-early");

  expect(system.resumed.some(({ token }) => token === "token-early")).toBe(true);
});

test("an event of another shape is refused", async () => {
  await expect(handler({ id: "x", detail: { "build-id": "nothing" } })).rejects.toThrow(/signal-build/);
});
