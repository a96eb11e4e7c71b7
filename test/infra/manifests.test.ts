import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { catalog } from "../../functions/catalog.ts";
import { clusterRights, gitHubEvents, gitHubNeeds, slackScopes } from "../../functions/domain/needs.ts";
import { pullEvents } from "../../functions/http/github-pull-events.ts";

/** What the services ask other systems, what that takes there, what the manifests ask for: all the same. */

const sources = readdirSync("functions/services")
  .map((file) => readFileSync(`functions/services/${file}`, "utf8"))
  .join("\n");

function found(pattern: RegExp): string[] {
  return [...new Set([...sources.matchAll(pattern)].map(([, name]) => name as string))].sort();
}

describe("GitHub", () => {
  /** https://docs.github.com/rest/authentication/permissions-required-for-github-apps; null: the App itself may. */
  const takes: Record<string, string | null> = {
    "actions.getWorkflow": "actions: read",
    "actions.getWorkflowRun": "actions: read",
    "actions.listWorkflowRuns": "actions: read",
    "actions.reRunWorkflowFailedJobs": "actions: write",
    "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches": "actions: write",
    "checks.listForRef": "checks: read",
    "apps.getAuthenticated": null,
    "apps.getInstallation": null,
    "apps.getWebhookConfigForApp": null,
    "apps.listReposAccessibleToInstallation": "metadata: read",
    "apps.listWebhookDeliveries": null,
    "PATCH /app/hook/config": null,
    "git.deleteRef": "contents: write",
    "git.createCommit": "contents: write",
    "git.createRef": "contents: write",
    "git.createTree": "contents: write",
    "git.getCommit": "contents: read",
    "git.getRef": "contents: read",
    "git.getTree": "contents: read",
    "git.updateRef": "contents: write",
    "issues.createComment": "issues: write",
    "issues.get": "issues: read",
    "issues.listComments": "issues: read",
    "issues.listForRepo": "issues: read",
    "issues.update": "issues: write",
    "issues.updateComment": "issues: write",
    "pulls.create": "pull_requests: write",
    "pulls.get": "pull_requests: read",
    "pulls.list": "pull_requests: read",
    "pulls.listReviews": "pull_requests: read",
    "pulls.merge": "contents: write",
    "pulls.update": "pull_requests: write",
    "repos.createOrUpdateFileContents": "contents: write",
    "repos.getCombinedStatusForRef": "statuses: read",
    "repos.getContent": "contents: read",
    "repos.compareCommitsWithBasehead": "contents: read",
    "repos.getBranchRules": "metadata: read",
    "repos.getCommit": "contents: read",
    "repos.getRepoRuleset": "metadata: read",
    // The query and the mutation of github-refs.ts, and the history of github-merged.ts (npm run post, in public).
    "graphql history": null,
    "graphql repositoryId": "metadata: read",
    "graphql updateRefs": "contents: write",
  };
  /** Where a request needs more than its endpoint says. */
  const besides = ["workflows: write"];

  it("is asked what this test knows the permission for", () => {
    const asked = [
      ...found(/\brest\.(\w+\.\w+)/g),
      ...found(/\.request\("([^"]+)"/g),
      ...found(/\boctokit\.graphql(?:<[^(]*>)?\((\w+)/g).map((name) => `graphql ${name}`),
    ];
    expect(asked.sort(), "say above which permission a new request takes").toEqual(Object.keys(takes).sort());
  });

  it("grants exactly what the requests take", () => {
    const strongest = new Map<string, string>();
    for (const each of [...Object.values(takes), ...besides]) {
      const [permission = "", access = ""] = each?.split(": ") ?? [];
      if (each && strongest.get(permission) !== "write") strongest.set(permission, access);
    }
    const needed = new Map(gitHubNeeds.map(({ permission, access }) => [permission, access]));
    expect(new Map([...needed].sort())).toEqual(new Map([...strongest].sort()));
  });

  it("has a manifest that asks for exactly that", () => {
    const manifest = JSON.parse(readFileSync("infra/manifests/github-app.json", "utf8"));
    expect(manifest.default_permissions).toEqual(
      Object.fromEntries(gitHubNeeds.map(({ permission, access }) => [permission, access])),
    );
    expect(manifest.default_events).toEqual(gitHubEvents);
    expect(new URL(manifest.hook_attributes.url).pathname).toBe(route("github"));
  });

  it("sends the events that our webhook reads", () => {
    const webhook = readFileSync("functions/http/github-webhook.ts", "utf8");
    const read = [...webhook.matchAll(/event [!=]== "(\w+)"/g)].map(([, event]) => event);
    const expected = [...read, ...pullEvents].filter((event) => event !== "ping");
    expect(expected.sort()).toEqual([...gitHubEvents].sort());
  });
});

describe("Slack", () => {
  /** https://docs.slack.dev/reference/methods, for a public channel and direct messages. */
  const takes: Record<string, string[]> = {
    "auth.test": [],
    "chat.getPermalink": [],
    "chat.postMessage": ["chat:write"],
    "chat.update": ["chat:write"],
    "conversations.history": ["channels:history", "im:history"],
    "conversations.info": ["channels:read"],
    "conversations.open": ["im:write"],
    "conversations.replies": ["channels:history", "im:history"],
    "conversations.setTopic": ["channels:manage"],
  };
  /** What no method takes: the slash command. */
  const besides = ["commands"];

  it("is asked what this test knows the scopes for", () => {
    const asked = found(/\bclient\.((?:auth|chat|conversations|users|reactions|views|files|pins)\.\w+)/g);
    expect(asked, "say above which scopes a new method takes").toEqual(Object.keys(takes).sort());
  });

  it("grants exactly what the methods take, in a public channel and in a private one", () => {
    const needed = [...new Set([...Object.values(takes).flat(), ...besides])].sort();
    expect(slackScopes(false)).toEqual(needed);
    const inPrivate = needed.map((scope) =>
      scope === "channels:manage" ? "groups:write" : scope.replace("channels:", "groups:"),
    );
    expect(slackScopes(true)).toEqual(inPrivate.sort());
  });

  it("has a manifest that asks for exactly that, and sends presses to our webhook", () => {
    const manifest = parse(readFileSync("infra/manifests/slack-app.yaml", "utf8"));
    expect(manifest.oauth_config.scopes.bot).toEqual(slackScopes(false));
    expect(manifest.settings.interactivity.is_enabled).toBe(true);
    expect(new URL(manifest.settings.interactivity.request_url).pathname).toBe(route("slack"));
    const [command] = manifest.features.slash_commands;
    expect(command.command).toBe("/stablehand");
    expect(new URL(command.url).pathname).toBe(route("slack"));
  });
});

it.each(["production", "staging"] as const)("the role in %s is what the doctor looks for", (cluster) => {
  const [, role] = parseAllDocuments(readFileSync(`infra/openshift/${cluster}.yaml`, "utf8")).map((each) =>
    each.toJS(),
  );
  const rules = role.rules as { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
    ),
  );
  const needed = clusterRights(cluster, true).map((each) => `${each.verb} ${each.resource}.${each.group}`);
  expect(granted.sort()).toEqual(needed.sort());
});

it("the doctor may read every secret that another function reads, and no other", () => {
  const others = Object.entries(catalog).flatMap(([name, { secrets }]) => (name === "Doctor" ? [] : secrets));
  expect([...(catalog.Doctor?.secrets ?? [])].sort()).toEqual([...new Set(others)].sort());
});

function route(system: string): string {
  const routes = Object.values(catalog).flatMap((entry) => entry.routes ?? []);
  expect(routes).toContain(`POST /webhooks/${system}`);
  return `/webhooks/${system}`;
}
