import { generateKeyPairSync } from "node:crypto";
import { type Break, set } from "./doctor-break.ts";
import type { DoctorWorld } from "./doctor-world.ts";

const github = (world: DoctorWorld) => world.system.world.github.settings;

export const gitHubBreaks: Break[] = [
  {
    what: "the secret github has another shape",
    how: (world) => world.spoil("github", { webhookSecrets: "none" }),
    is: { "secret/github": "failed" },
    says: /wrong shape at: webhookSecrets/,
    todo: /stablehand\/github/,
  },
  {
    what: "the private key is another App's",
    how: (world) => {
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
    how: (world) => world.spoil("github", { privateKey: "-----BEGIN no KEY-----" }),
    is: { "github.app": "failed" },
    says: /unexpected way/,
    todo: /private key/,
  },
  {
    what: "the installation is another one",
    how: (world) => world.spoil("github", { installationId: 1 }),
    is: { "github.installation": "failed" },
    says: /does not have the installation 1/,
    todo: /Install the App/,
  },
  {
    what: "the installation is suspended",
    how: (world) => set(github(world), "suspended", true),
    is: { "github.installation": "failed" },
    says: /suspended/,
    todo: /lifts that/,
  },
  {
    what: "a permission is granted for reading alone",
    how: (world) => set(github(world), "permissions", { ...github(world).permissions, contents: "read" }),
    is: { "github.permissions": "failed" },
    says: /contents: write/,
    todo: /Review request/,
  },
  {
    what: "the App does not ask for a permission",
    how: (world) => {
      const { workflows: _, ...others } = github(world).permissions;
      set(github(world), "permissions", others);
      set(github(world), "requested", others);
    },
    is: { "github.permissions": "failed" },
    says: /^Not granted: workflows: write \(to move branches/,
    todo: /settings\/apps\/stablehand\/permissions/,
  },
  {
    what: "the App is not subscribed to the event",
    how: (world) => set(github(world), "events", []),
    is: { "github.events": "warning" },
    says: /Not subscribed to check_suite, issues, pull_request, pull_request_review and workflow_run/,
    todo: /and "Workflow run" under .*settings\/apps\/stablehand\/permissions/,
  },
  {
    what: "the App's webhook goes elsewhere",
    how: (world) =>
      set(github(world), "hook", { ...github(world).hook, url: "https://old.example.org/webhooks/github" }),
    is: { "github.webhook": "warning" },
    says: /its address is https:\/\/old\.example\.org/,
    todo: /npm run connect/,
  },
  {
    what: "the App's webhook sends forms, without a secret",
    how: (world) => set(github(world), "hook", { ...github(world).hook, contentType: "form", secret: null }),
    is: { "github.webhook": "warning" },
    says: /it sends form, not json and it has no secret/,
    todo: /npm run connect/,
  },
  {
    what: "our webhooks refused what GitHub signed",
    how: (world) => {
      const failed = { event: "workflow_run", action: "completed", status: 401, at: "2026-11-20T10:00:00Z" };
      set(github(world), "deliveries", [failed, failed, { ...failed, status: 204 }]);
    },
    is: { "github.deliveries": "warning" },
    says: /last 2 webhooks were answered 401/,
    todo: /npm run connect -- --secret/,
  },
  {
    what: "the App has no access to a repository",
    how: (world) => set(github(world), "withheld", new Set(["packit/dashboard"])),
    is: { "github.repository/dashboard": "failed" },
    says: /no access to packit\/dashboard/,
    todo: /Repository access/,
  },
  {
    what: "a workflow is switched off",
    how: (world) => set(github(world), "disabledWorkflows", new Set(["packit/sandcastle"])),
    is: { "github.repository/sandcastle": "failed" },
    says: /build-and-push\.yml of packit\/sandcastle is disabled manually/,
    todo: /Enable it/,
  },
  {
    what: "a ruleset lets nobody push to the stable branch",
    how: (world) => {
      const rule = { name: "Protect stable", repository: "packit/ogr", branch: "stable", bypass: false };
      set(github(world), "rulesets", [{ ...rule, types: ["deletion", "update"] }]);
    },
    is: { "github.repository/ogr": "failed" },
    says: /A ruleset of packit\/ogr would refuse our push: Protect stable \(update\)\./,
    todo: /bypass list/,
  },
  {
    what: "a ruleset lets nobody force the stable branch; one that the App may bypass is no matter",
    how: (world) => {
      const rule = { name: "Linear", repository: "packit/ogr", branch: "stable", bypass: false };
      const bypassed = { ...rule, repository: "packit/packit", types: ["update"], bypass: true };
      set(github(world), "rulesets", [{ ...rule, types: ["non_fast_forward"] }, bypassed]);
    },
    is: { "github.repository/ogr": "warning" },
    says: /would refuse a forced move: Linear \(non_fast_forward\)\./,
    todo: /bypass list/,
  },
];
