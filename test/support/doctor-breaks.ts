import { onTestFinished } from "vitest";
import { type Break, deny, notifications, repository, set } from "./doctor-break.ts";
import { gitHubBreaks } from "./doctor-breaks-github.ts";

/** Everything that is broken in turn. */
export const breaks: Break[] = [
  ...gitHubBreaks,
  {
    what: "the bot's token in Slack is revoked",
    how: (world) => set(world.system.world.slack.settings, "revoked", true),
    is: { "slack.token": "failed" },
    says: /token_revoked/,
    todo: /Renew the bot's token/,
  },
  {
    what: "a scope is missing",
    how: (world) => {
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
    how: (world) => {
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
    how: async (world) => {
      await world.system.world.slack.setInvited(false);
      onTestFinished(async () => await world.system.world.slack.setInvited(true));
    },
    is: { "slack.channel": "failed" },
    says: /The bot is not in #deployments/,
    todo: /\/invite/,
  },
  {
    what: "the token of Matrix is not known",
    how: (world) => world.spoil("matrix", { accessToken: "another" }),
    is: { "matrix.token": "failed" },
    says: /refuses our credentials/,
    todo: /check the secret/,
  },
  {
    what: "the token of Matrix is somebody else's",
    how: (world) => world.spoil("matrix", { userId: "@other:fedora.im" }),
    is: { "matrix.token": "failed" },
    says: /is @stablehand:fedora\.im's, not @other:fedora\.im's/,
    todo: /same account/,
  },
  {
    what: "the bot is not in the room",
    how: (world) => {
      world.system.world.matrix.setJoined(false);
      onTestFinished(() => world.system.world.matrix.setJoined(true));
    },
    is: { "matrix.room": "failed" },
    says: /does not allow this/,
    todo: /Invite @stablehand:fedora\.im to !packit:fedora\.im/,
  },
  {
    what: "the bot's power level is too low",
    how: (world) => {
      world.system.world.matrix.grantPower(0);
      onTestFinished(() => world.system.world.matrix.grantPower(50));
    },
    is: { "matrix.power": "failed" },
    says: /power level 0 in !packit:fedora\.im, and the topic needs 50/,
    todo: /grants it power level 50/,
  },
  {
    what: "Quay's token is not known",
    how: (world) => world.spoil("quay", { token: "another" }),
    is: { "quay.token": "failed" },
    says: /refuses our credentials/,
    todo: /OAuth application/,
  },
  {
    what: "an image is gone",
    how: async (world) => {
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
    how: (world) => notifications(world, "dashboard", () => []),
    is: { "quay.notification/dashboard": "warning" },
    says: /No notification tells us of pushes to dashboard/,
    todo: /npm run connect creates it/,
  },
  {
    what: "a notification goes elsewhere",
    how: (world) =>
      notifications(world, "dashboard", (kept) =>
        kept.map((each) => ({ ...each, url: "https://old.example.org/" })),
      ),
    is: { "quay.notification/dashboard": "warning" },
    says: /No notification tells us of pushes to dashboard/,
    todo: /npm run connect creates it/,
  },
  {
    what: "Quay has switched a notification off",
    how: (world) =>
      notifications(world, "packit-worker", (kept) => kept.map((each) => ({ ...each, failures: 3 }))),
    is: { "quay.notification/packit-worker": "warning" },
    says: /switched the notification of packit-worker off/,
    todo: /npm run connect switches it on/,
  },
  {
    what: "a cluster does not know the token",
    how: (world) => world.spoil("openshift", { productionToken: "sha256~another" }),
    is: { "openshift.production.token": "failed" },
    says: /refuses our credentials/,
    todo: /oc -n packit--prod create token/,
  },
  {
    what: "a right to import is missing",
    how: (world) => deny(world, "production", "create imagestreamimports"),
    is: { "openshift.production.rights": "failed" },
    says: /^May not create imagestreamimports in packit--prod\.$/,
    todo: /--verb=create --resource=imagestreamimports\.image\.openshift\.io/,
  },
  {
    what: "a right to list pods is missing in staging",
    how: (world) => deny(world, "staging", "list pods"),
    is: { "openshift.staging.rights": "failed" },
    says: /^May not list pods in packit--stg\.$/,
    todo: /oc -n packit--stg create role NAME --verb=list --resource=pods/,
  },
  {
    what: "the streams may not be listed",
    how: (world) => deny(world, "production", "list imagestreams"),
    is: { "openshift.production.rights": "failed" },
    says: /^May not list imagestreams in packit--prod\.$/,
    todo: /rolebinding/,
  },
  {
    what: "a link's signing key is too short",
    how: (world) => world.spoil("links", { signingKeys: ["short"] }),
    is: { "secret/links": "failed" },
    says: /wrong shape at: signingKeys\.0/,
    todo: /stablehand\/links/,
  },
  {
    what: "our webhooks are somewhere else",
    how: (world) => {
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
  {
    what: "Slack does not answer",
    how: (world) =>
      world.configure((config) => ({
        ...config,
        slack: { ...config.slack, apiUrl: "http://127.0.0.1:9/api" },
      })),
    is: { "slack.token": "unknown" },
    says: /Slack cannot be reached/,
    todo: /look at its status page/,
  },
  {
    what: "Copr does not know a package",
    how: (world) => repository(world, "ogr", { rpm: "python-other" }),
    is: { "copr.package/python-other": "failed" },
    says: /does not have the package python-other/,
    todo: /check the name/,
  },
  {
    what: "a cluster has no such stream",
    how: (world) =>
      world.configure((config) => ({
        ...config,
        clusters: { ...config.clusters, staging: { ...config.clusters.staging, tag: "next" } },
      })),
    is: { "openshift.staging.streams": "failed" },
    says: /^packit--stg has no packit-service-fedmsg:next, packit-dashboard:next, /,
    todo: /mend the stream's name/,
  },
  {
    what: "the workflow's path is wrong",
    how: (world) => {
      const build = {
        workflow: ".github/workflows/none.yml",
        dispatch: true,
        images: [{ name: "sandcastle" }],
      };
      repository(world, "sandcastle", { build });
    },
    is: { "github.repository/sandcastle": "failed" },
    says: /none\.yml of packit\/sandcastle is missing/,
    todo: /build\.workflow/,
  },
  {
    what: "a branch is missing",
    how: (world) =>
      world.configure((config) => {
        const monorepo = { name: "production-monorepo", branch: "trunk", message: "chore" };
        return { ...config, github: { ...config.github, monorepo } };
      }),
    is: { "github.repository/production-monorepo": "failed" },
    says: /has no branch trunk/,
    todo: /Create it/,
  },
  {
    what: "nobody is on duty",
    how: (world) => world.configure((config) => ({ ...config, duty: { ...config.duty, title: "Nobody's" } })),
    is: { "github.duty": "warning" },
    says: /no issue "Nobody's", so the backup ben-packit is called/,
    todo: /Open it in packit\/agile/,
  },
];
