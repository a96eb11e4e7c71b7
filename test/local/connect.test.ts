import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { forgetLazyValues } from "../../functions/runtime/lazy.ts";
import { connectCommand } from "../../infra/connect-command.ts";
import { type DoctorWorld, startDoctorWorld } from "../support/doctor-world.ts";

let world: DoctorWorld;
beforeAll(async () => {
  world = await startDoctorWorld();
});
afterAll(async () => await world.close());
beforeEach(() => forgetLazyValues());

const github = () => world.system.world.github.settings;
const quay = () => world.system.world.quay;

async function connect(argv: string[], confirmed = false) {
  let out = "";
  const questions: string[] = [];
  const code = await connectCommand(argv, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      out += text;
    },
    confirm: async (question) => {
      questions.push(question);
      return confirmed;
    },
  });
  return { code, out, questions };
}

/** Moves the App's webhook away, switches one notification off, and removes another; everything is back at the end. */
function disconnect(): void {
  const { hook } = github();
  github().hook = { ...hook, url: "https://old.example.org/", contentType: "form", secret: "another" };
  quay().changeNotifications("dashboard", () => []);
  quay().changeNotifications("packit-worker", (kept) => kept.map((each) => ({ ...each, failures: 5 })));
  onTestFinished(async () => {
    github().hook = hook;
    await connect(["--yes"]);
  });
}

const connected = { "github.deliveries": "skipped" };
const disconnected = {
  ...connected,
  "github.webhook": "warning",
  "quay.notification/dashboard": "warning",
  "quay.notification/packit-worker": "warning",
};

test("what is connected is left alone", async () => {
  const { code, out, questions } = await connect([]);
  expect(out).toMatch(/^There is nothing to change\.\n/);
  expect(out).toContain(`${world.system.url}/webhooks/slack`);
  expect(questions).toEqual([]);
  expect(code).toBe(0);
});

describe("what is not connected", () => {
  test.each([
    ["with --dry-run", ["--dry-run"], 0],
    ["when the person says no", [], 1],
  ] as const)("is shown and stays as it is %s", async (_, argv, asked) => {
    disconnect();
    const { code, out, questions } = await connect([...argv]);
    expect(out).toMatch(
      /^To do:\n {2}GitHub: set the App's webhook to http.*\/webhooks\/github, as JSON, with our secret/,
    );
    expect(out).toMatch(/Quay: create a notification of pushes to dashboard\n/);
    expect(out).toMatch(
      /Quay: switch the notification of packit-worker on again \(5 deliveries in a row had failed\)/,
    );
    expect(questions).toHaveLength(asked);
    expect(code).toBe(1);
    expect(await world.problems()).toEqual(disconnected);
  });

  test("is connected after a yes, and a second time there is nothing to do", async () => {
    disconnect();
    const { code, out } = await connect([], true);
    expect(out).toMatch(/✔ GitHub: .*\n✔ Quay: .*\n✔ Quay: .*\nGitHub and Quay are connected/);
    expect(code).toBe(0);
    expect(github().hook).toMatchObject({
      contentType: "json",
      secret: world.system.world.github.webhookSecret,
    });
    expect(await world.problems()).toEqual(connected);
    expect((await connect(["--yes"])).out).toMatch(/^There is nothing to change/);
  });

  test("a secret is told nowhere", async () => {
    disconnect();
    const { out } = await connect(["--yes"]);
    const { githubSecret, quaySecret } = await world.secrets();
    expect(out).not.toContain(githubSecret);
    expect(out).not.toContain(quaySecret);
  });
});

test("a secret that is rotated: the new address replaces the old one, and other people's notification stays", async () => {
  const { quaySecret } = await world.secrets();
  const theirs = {
    uuid: "1c2f4f6e-0000-4000-8000-000000000000",
    event: "repo_push",
    method: "webhook",
    title: "Theirs",
    url: "https://elsewhere.example.org/hook",
    failures: 9,
  };
  const before: unknown[] = [];
  quay().changeNotifications("sandcastle", (kept) => {
    before.push(...kept);
    return [...kept, theirs];
  });
  onTestFinished(async () => {
    quay().changeNotifications("sandcastle", () => before as never);
    forgetLazyValues();
    await connect(["--yes"]);
  });
  world.spoil("quay", { webhookSecrets: ["a-new-secret-of-quay", quaySecret] });
  forgetLazyValues();

  const { code, out } = await connect(["--yes"]);
  expect(out).toMatch(
    /✔ Quay: create a notification of pushes to sandcastle\n✔ Quay: remove a notification of sandcastle/,
  );
  expect(code).toBe(0);
  quay().changeNotifications("sandcastle", (kept) => {
    expect(kept.map(({ url }) => url)).toEqual([
      theirs.url,
      `${world.system.url}/webhooks/quay/a-new-secret-of-quay`,
    ]);
    return kept;
  });
});

test("--secret sets the App's secret although nothing else is wrong", async () => {
  const { secret } = github().hook;
  github().hook.secret = "another";
  onTestFinished(() => {
    github().hook.secret = secret;
  });
  expect((await connect(["--dry-run"])).out).toMatch(/^There is nothing to change/);
  expect((await connect(["--yes", "--secret"])).code).toBe(0);
  expect(github().hook.secret).toBe(world.system.world.github.webhookSecret);
});

test("what no API does is told: where to click", async () => {
  const { events } = github();
  github().events = [];
  quay().settings.administers = false;
  onTestFinished(() => {
    github().events = events;
    quay().settings.administers = true;
  });
  const { code, out } = await connect(["--yes"]);
  expect(out).toMatch(
    /Only a person can do this:\n {2}GitHub: .*Tick .*"Workflow run" under .*settings\/apps\/stablehand/,
  );
  expect(out.match(/Set QUAY_TOKEN/g)).toHaveLength(1);
  expect(code).toBe(1);
});

test.each([
  [["--now"], /^Unknown option '--now'\. See npm run connect -- --help\.$/m],
  [["--local=/nowhere"], /^No rehearsal is under way in \/nowhere/],
] as const)("%j is bad input", async (argv, says) => {
  const { code, out } = await connect([...argv]);
  expect(code).toBe(2);
  expect(out).toMatch(says);
});
