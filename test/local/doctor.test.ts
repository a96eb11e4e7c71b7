import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { handler as doctor } from "../../functions/doctor.ts";
import type { DoctorVerdict } from "../../functions/domain/doctor.ts";
import { forgetLazyValues } from "../../functions/runtime/lazy.ts";
import { type DoctorWorld, startDoctorWorld } from "../support/doctor-world.ts";

/** The emulated world, with each thing broken in turn: the doctor names exactly that thing, and what to do. */

let world: DoctorWorld;
beforeAll(async () => {
  world = await startDoctorWorld();
});
afterAll(async () => await world.close());

/** Changes a value until the test ends. */
function set<T extends object, K extends keyof T>(object: T, key: K, value: T[K]): void {
  const before = object[key];
  object[key] = value;
  onTestFinished(() => {
    object[key] = before;
  });
}

test("nothing is broken: everything is looked at, and all of it is fine", async () => {
  const { findings, ready, nextRun } = await world.look();
  expect(findings.filter(({ verdict }) => verdict !== "ok")).toEqual([skippedDeliveries]);
  expect(ready).toBe(true);
  expect(nextRun).toMatch(/T1[12]:00:00\.000Z$/);
  expect(findings.length).toBeGreaterThan(45);
  expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
});

/** GitHub has sent nothing yet in this world. */
const skippedDeliveries = expect.objectContaining({ id: "github.deliveries", verdict: "skipped" });

interface Break {
  what: string;
  how(): void | Promise<void>;
  /** What is not fine then, but for what was not looked at because of it. */
  is: Record<string, DoctorVerdict>;
  says: RegExp;
  /** What to do, says the remedy or else the summary. */
  todo: RegExp;
}

const github = () => world.system.world.github.settings;

const breaks: Break[] = [
  {
    what: "the secret github has another shape",
    how: () => world.spoil("github", { webhookSecrets: "none" }),
    is: { "secret/github": "failed" },
    says: /wrong shape at: webhookSecrets/,
    todo: /stablehand\/github/,
  },
  {
    what: "the private key is another App's",
    how: () => {
      const { privateKey } = generateKeyPairSync("rsa", {
        modulusLength: 2048,
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
        publicKeyEncoding: { type: "spki", format: "pem" },
      });
      world.spoil("github", { privateKey });
    },
    is: { "github.app": "failed" },
    says: /refuses our credentials/,
    todo: /private key/,
  },
  {
    what: "the private key is no key",
    how: () => world.spoil("github", { privateKey: "-----BEGIN no KEY-----" }),
    is: { "github.app": "failed" },
    says: /unexpected way/,
    todo: /private key/,
  },
  {
    what: "the installation is another one",
    how: () => world.spoil("github", { installationId: 1 }),
    is: { "github.installation": "failed" },
    says: /does not have the installation 1/,
    todo: /Install the App/,
  },
  {
    what: "the installation is suspended",
    how: () => set(github(), "suspended", true),
    is: { "github.installation": "failed" },
    says: /suspended/,
    todo: /lifts that/,
  },
  {
    what: "a permission is granted for reading alone",
    how: () => set(github(), "permissions", { ...github().permissions, contents: "read" }),
    is: { "github.permissions": "failed" },
    says: /contents: write/,
    todo: /Review request/,
  },
  {
    what: "the App does not ask for a permission",
    how: () => {
      const { workflows: _, ...others } = github().permissions;
      set(github(), "permissions", others);
      set(github(), "requested", others);
    },
    is: { "github.permissions": "failed" },
    says: /^Not granted: workflows: write \(to move branches/,
    todo: /settings\/apps\/stablehand\/permissions/,
  },
  {
    what: "the App is not subscribed to the event",
    how: () => set(github(), "events", []),
    is: { "github.events": "warning" },
    says: /Not subscribed to workflow_run/,
    todo: /"Workflow run" under .*settings\/apps\/stablehand\/permissions/,
  },
  {
    what: "the App's webhook goes elsewhere",
    how: () => set(github(), "hook", { ...github().hook, url: "https://old.example.org/webhooks/github" }),
    is: { "github.webhook": "warning" },
    says: /its address is https:\/\/old\.example\.org/,
    todo: /npm run connect/,
  },
  {
    what: "the App's webhook sends forms, without a secret",
    how: () => set(github(), "hook", { ...github().hook, contentType: "form", secret: null }),
    is: { "github.webhook": "warning" },
    says: /it sends form, not json and it has no secret/,
    todo: /npm run connect/,
  },
  {
    what: "our webhooks refused what GitHub signed",
    how: () => {
      const failed = { event: "workflow_run", action: "completed", status: 401, at: "2026-11-20T10:00:00Z" };
      set(github(), "deliveries", [failed, failed, { ...failed, status: 204 }]);
    },
    is: { "github.deliveries": "warning" },
    says: /last 2 webhooks were answered 401/,
    todo: /npm run connect -- --secret/,
  },
  {
    what: "the App has no access to a repository",
    how: () => set(github(), "withheld", new Set(["packit/dashboard"])),
    is: { "github.repository/dashboard": "failed" },
    says: /no access to packit\/dashboard/,
    todo: /Repository access/,
  },
  {
    what: "a workflow is switched off",
    how: () => set(github(), "disabledWorkflows", new Set(["packit/sandcastle"])),
    is: { "github.repository/sandcastle": "failed" },
    says: /build-and-push\.yml of packit\/sandcastle is disabled manually/,
    todo: /Enable it/,
  },
  {
    what: "the bot's token in Slack is revoked",
    how: () => set(world.system.world.slack.settings, "revoked", true),
    is: { "slack.token": "failed" },
    says: /token_revoked/,
    todo: /Renew the bot's token/,
  },
  {
    what: "a scope is missing",
    how: () => {
      const { scopes } = world.system.world.slack.settings;
      set(
        world.system.world.slack.settings,
        "scopes",
        new Set([...scopes].filter((each) => each !== "channels:manage")),
      );
    },
    is: { "slack.scopes": "failed" },
    says: /^Not granted: channels:manage\.$/,
    todo: /install the app again/,
  },
  {
    what: "the scope is missing by which the channel is read",
    how: () => {
      const { scopes } = world.system.world.slack.settings;
      set(
        world.system.world.slack.settings,
        "scopes",
        new Set([...scopes].filter((each) => each !== "channels:read")),
      );
    },
    is: { "slack.scopes": "failed" },
    says: /^Not granted: channels:read\.$/,
    todo: /install the app again/,
  },
  {
    what: "the bot is not in the channel",
    how: async () => {
      await world.system.world.slack.setInvited(false);
      onTestFinished(async () => await world.system.world.slack.setInvited(true));
    },
    is: { "slack.channel": "failed" },
    says: /The bot is not in #deployments/,
    todo: /\/invite/,
  },
  {
    what: "the token of Matrix is not known",
    how: () => world.spoil("matrix", { accessToken: "another" }),
    is: { "matrix.token": "failed" },
    says: /refuses our credentials/,
    todo: /check the secret/,
  },
  {
    what: "the token of Matrix is somebody else's",
    how: () => world.spoil("matrix", { userId: "@other:fedora.im" }),
    is: { "matrix.token": "failed" },
    says: /is @stablehand:fedora\.im's, not @other:fedora\.im's/,
    todo: /same account/,
  },
  {
    what: "the bot is not in the room",
    how: () => {
      world.system.world.matrix.setJoined(false);
      onTestFinished(() => world.system.world.matrix.setJoined(true));
    },
    is: { "matrix.room": "failed" },
    says: /does not allow this/,
    todo: /Invite @stablehand:fedora\.im to !packit:fedora\.im/,
  },
  {
    what: "the bot's power level is too low",
    how: () => {
      world.system.world.matrix.grantPower(0);
      onTestFinished(() => world.system.world.matrix.grantPower(50));
    },
    is: { "matrix.power": "failed" },
    says: /power level 0 in !packit:fedora\.im, and the topic needs 50/,
    todo: /grants it power level 50/,
  },
  {
    what: "Quay's token is not known",
    how: () => world.spoil("quay", { token: "another" }),
    is: { "quay.token": "failed" },
    says: /refuses our credentials/,
    todo: /OAuth application/,
  },
  {
    what: "an image is gone",
    how: async () => {
      const { quay } = world.system.world;
      const url = `${quay.url}/api/v1/repository/packit/sandcastle/tag/`;
      const headers = { authorization: `Bearer ${quay.token}`, "content-type": "application/json" };
      const { tags } = (await (await fetch(`${url}?specificTag=prod`, { headers })).json()) as {
        tags: { manifest_digest: string }[];
      };
      await fetch(`${url}prod`, { method: "DELETE", headers });
      onTestFinished(async () => {
        await fetch(`${url}prod`, { method: "PUT", headers, body: JSON.stringify(tags[0]) });
      });
    },
    is: { "quay.image/sandcastle": "failed" },
    says: /no sandcastle:prod/,
    todo: /Push it once/,
  },
  {
    what: "nobody is notified of pushes to an image",
    how: () => notifications("dashboard", () => []),
    is: { "quay.notification/dashboard": "warning" },
    says: /No notification tells us of pushes to dashboard/,
    todo: /npm run connect creates it/,
  },
  {
    what: "a notification goes elsewhere",
    how: () =>
      notifications("dashboard", (kept) =>
        kept.map((each) => ({ ...each, url: "https://old.example.org/" })),
      ),
    is: { "quay.notification/dashboard": "warning" },
    says: /No notification tells us of pushes to dashboard/,
    todo: /npm run connect creates it/,
  },
  {
    what: "Quay has switched a notification off",
    how: () => notifications("packit-worker", (kept) => kept.map((each) => ({ ...each, failures: 3 }))),
    is: { "quay.notification/packit-worker": "warning" },
    says: /switched the notification of packit-worker off/,
    todo: /npm run connect switches it on/,
  },
  {
    what: "a cluster does not know the token",
    how: () => world.spoil("openshift", { productionToken: "sha256~another" }),
    is: { "openshift.production.token": "failed" },
    says: /refuses our credentials/,
    todo: /oc -n packit--prod create token/,
  },
  {
    what: "a right to import is missing",
    how: () => deny("production", "create imagestreamimports"),
    is: { "openshift.production.rights": "failed" },
    says: /^May not create imagestreamimports in packit--prod\.$/,
    todo: /--verb=create --resource=imagestreamimports\.image\.openshift\.io/,
  },
  {
    what: "a right to watch pods is missing in staging",
    how: () => deny("staging", "watch pods"),
    is: { "openshift.staging.rights": "failed" },
    says: /^May not watch pods in packit--stg\.$/,
    todo: /oc -n packit--stg create role NAME --verb=watch --resource=pods/,
  },
  {
    what: "the streams may not be listed",
    how: () => deny("production", "list imagestreams"),
    is: { "openshift.production.rights": "failed" },
    says: /^May not list imagestreams in packit--prod\.$/,
    todo: /rolebinding/,
  },
  {
    what: "a link's signing key is too short",
    how: () => world.spoil("links", { signingKeys: ["short"] }),
    is: { "secret/links": "failed" },
    says: /wrong shape at: signingKeys\.0/,
    todo: /stablehand\/links/,
  },
  {
    what: "our webhooks are somewhere else",
    how: () => {
      set(process.env, "STABLEHAND_URL", world.system.world.quay.url);
    },
    is: {
      "aws.webhooks": "failed",
      "github.webhook": "warning",
      ...Object.fromEntries(
        ["packit-service-fedmsg", "sandcastle", "dashboard", "packit-service", "packit-worker"].map(
          (image) => [`quay.notification/${image}`, "warning" as const],
        ),
      ),
    },
    says: /Our HTTP API/,
    todo: /domain name and certificate/,
  },
];

function notifications(
  image: string,
  change: Parameters<typeof world.system.world.quay.changeNotifications>[1],
): void {
  const { quay } = world.system.world;
  quay.changeNotifications(image, (kept) => {
    onTestFinished(() => quay.changeNotifications(image, () => kept));
    return change(kept);
  });
}

function deny(cluster: "production" | "staging", right: string): void {
  const { denied } = world.system.world.openshift;
  denied[cluster].add(right);
  onTestFinished(() => {
    denied[cluster].delete(right);
  });
}

describe("one thing is broken", () => {
  test.each(breaks)("$what", async ({ how, is, says, todo }) => {
    await how();
    const { findings, ready } = await world.look();
    const wrong = findings.filter(({ verdict }) => verdict !== "ok" && verdict !== "skipped");
    expect(Object.fromEntries(wrong.map(({ id, verdict }) => [id, verdict]))).toEqual(is);
    const [id] = Object.keys(is);
    const found = wrong.find((each) => each.id === id);
    expect(found?.summary).toMatch(says);
    expect(found?.remedy ?? found?.summary).toMatch(todo);
    expect(ready).toBe(!Object.values(is).includes("failed"));
  });
});

test("a clock that is off", async () => {
  const { findings, ready } = await world.look({ now: () => Date.now() - 600_000 });
  const clock = findings.find(({ id }) => id === "runtime.clock");
  expect(clock).toMatchObject({ verdict: "failed", remedy: expect.stringContaining("NTP") });
  expect(clock?.summary).toMatch(/^This machine's clock is \d{3} seconds behind (GitHub|Slack|Quay)'s\.$/);
  expect(ready).toBe(false);
  expect(await world.problems({ now: () => Date.now() - 600_000 })).toEqual({
    "runtime.clock": "failed",
    "github.deliveries": "skipped",
  });
});

test("a token that may not see notifications is no failure: it need not", async () => {
  set(world.system.world.quay.settings, "administers", false);
  const problems = await world.problems();
  expect(Object.keys(problems).filter((id) => id.startsWith("quay."))).toHaveLength(5);
  expect(new Set(Object.values(problems))).toEqual(new Set(["skipped"]));
  expect((await world.look()).ready).toBe(true);
});

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
    notifications("dashboard", () => []);
    expect(await called({ speakUp: true })).toMatchObject({ ready: true });
    expect(await channel()).toEqual(before);
  });

  test("tells the channel once what is in the way, and what to do", async () => {
    const before = await channel();
    deny("production", "create imagestreamimports");
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

  test("throws where Slack is what is broken, after it was counted: the alarm tells", async () => {
    set(world.system.world.slack.settings, "revoked", true);
    await expect(called({ speakUp: true })).rejects.toThrow(/token_revoked/);
  });

  test("refuses an event that is not its own", async () => {
    await expect(called({ speakUp: "yes" })).rejects.toThrow(/^doctor: /);
  });
});
