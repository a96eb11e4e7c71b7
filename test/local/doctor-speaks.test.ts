import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { handler as doctor } from "../../functions/doctor.ts";
import { forgetLazyValues } from "../../functions/runtime/lazy.ts";
import { doctorCommand } from "../../infra/doctor-command.ts";
import { deny, notifications, set } from "../support/doctor-break.ts";
import { type DoctorWorld, startDoctorWorld } from "../support/doctor-world.ts";

let world: DoctorWorld;
beforeAll(async () => {
  world = await startDoctorWorld();
});
afterAll(async () => await world.close());

describe("the Lambda that the schedule calls", () => {
  /** As a new container does. */
  const called = async (event: unknown) => {
    forgetLazyValues();
    return await doctor(event);
  };
  const channel = async () => {
    const { slack } = world.system.world;
    return (await slack.messages(slack.channelId)).map(({ text }) => text);
  };

  test("says nothing while all is well", async () => {
    const before = await channel();
    expect(await called({ speakUp: true })).toMatchObject({ ready: true });
    expect(await channel()).toEqual(before);
  });

  test("says nothing of what only costs time", async () => {
    const before = await channel();
    notifications(world, "dashboard", () => []);
    expect(await called({ speakUp: true })).toMatchObject({ ready: true });
    expect(await channel()).toEqual(before);
  });

  test("tells the channel once what is in the way, and what to do", async () => {
    const before = await channel();
    deny(world, "production", "create imagestreamimports");
    expect(await called(null)).toMatchObject({ ready: false });
    expect(await channel(), "a person who asks gets the answer, and nobody else").toEqual(before);
    await called({ speakUp: true });
    await called({ speakUp: true });
    const [told, ...more] = (await channel()).slice(before.length);
    expect(more).toEqual([]);
    expect(told).toMatch(
      /^⚠️ The next deployment of Packit Service at .*13:00 CES?T would not go through: 1 problem found\./,
    );
    expect(told).toMatch(
      /• Rights in packit--prod: May not create imagestreamimports in packit--prod\. Grant it: oc -n/,
    );
  });

  test("says nothing while the coming run is frozen", async () => {
    const before = await channel();
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const frozen = { from: day(-1), to: day(20), reason: "a holiday" };
    world.configure((config) => ({ ...config, freeze: { ...config.freeze, dates: [frozen] } }));
    deny(world, "production", "create imagestreamimports");
    expect(await called({ speakUp: true })).toMatchObject({ ready: false });
    expect(await channel()).toEqual(before);
  });

  test("throws where Slack is what is broken, after it was counted: the alarm tells", async () => {
    set(world.system.world.slack.settings, "revoked", true);
    await expect(called({ speakUp: true })).rejects.toThrow(/token_revoked/);
  });

  test("refuses an event that is not its own", async () => {
    await expect(called({ speakUp: "yes" })).rejects.toThrow(/^doctor: /);
  });
});

describe("npm run doctor", () => {
  async function command(...argv: string[]) {
    forgetLazyValues();
    let out = "";
    let error = "";
    const code = await doctorCommand(argv, {
      out: (text) => {
        out += text;
      },
      error: (text) => {
        error += text;
      },
    });
    return { code, out, error };
  }

  test("all is well: one line says so, --all lists it, exit code 0", async () => {
    const short = await command();
    expect(short).toMatchObject({ code: 0, error: "" });
    expect(short.out).toMatch(
      /\nThe next deployment \(.*13:00 CES?T\) would go through\.\n\d+ of \d+ checks are fine; --all/,
    );
    const long = await command("--all");
    expect(long.out).toMatch(/^✔ Deployed state machine: It is the one in this folder\./m);
    expect(long.out.split("\n").length).toBeGreaterThan(45);
  });

  test("what is in the way comes first, with what to do, and exit code 1", async () => {
    notifications(world, "dashboard", () => []);
    deny(world, "staging", "list pods");
    const { code, out } = await command();
    expect(code).toBe(1);
    const lines = out.split("\n");
    expect(lines[0]).toBe(
      "✘ Rights in packit--stg: May not list pods in packit--stg.  [openshift.staging.rights]",
    );
    expect(lines[1]).toMatch(
      /^ {4}→ Grant it: oc -n packit--stg create role NAME --verb=list --resource=pods;/,
    );
    expect(lines[2]).toMatch(/^⚠ Quay's notification of dashboard: /);
    expect(out).toMatch(/would not go through: 1 problem\.\n/);
  });

  test("--json", async () => {
    const { code, out } = await command("--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ready: true, nextRun: expect.stringMatching(/Z$/) });
  });

  test("nothing that is secret is shown", async () => {
    notifications(world, "dashboard", (kept) => kept.map((each) => ({ ...each, failures: 3 })));
    world.spoil("matrix", { accessToken: "a-token-that-nobody-may-see" });
    const { out } = await command("--json");
    const { githubSecret, quaySecret } = await world.secrets();
    for (const secret of [githubSecret, quaySecret, "a-token-that-nobody-may-see", "BEGIN"]) {
      expect(out).not.toContain(secret);
    }
  });

  test.each([
    [["--help"], 0, /^Looks whether the next deployment would go through/],
    [["--everything"], 2, /^Unknown option '--everything'\. See npm run doctor -- --help\./],
    [["--local", "/nowhere"], 2, /^No rehearsal is under way in \/nowhere/],
  ] as const)("%j", async (argv, expected, says) => {
    const { code, out, error } = await command(...argv);
    expect(code).toBe(expected);
    expect(out + error).toMatch(says);
  });

  test("an environment that names no live system", async () => {
    set(process.env, "STABLEHAND_URL", undefined as never);
    delete process.env.STABLEHAND_URL;
    const { code, error } = await command();
    expect(code).toBe(2);
    expect(error).toMatch(/^STABLEHAND_URL is not set: the README says/);
  });
});
