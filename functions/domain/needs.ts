/**
 * What Stablehand needs of other systems, and what for. The manifests in `infra/manifests/` ask for exactly this, the
 * doctor looks whether it is granted, and a test compares it with the requests that the services make.
 */

export type Access = "read" | "write";

export interface GitHubNeed {
  permission: string;
  access: Access;
  /** Completes "needs it to …". */
  to: string;
}

/** Permissions of the GitHub App, by the names that its API and manifest use. */
export const gitHubNeeds: readonly GitHubNeed[] = [
  { permission: "actions", access: "write", to: "dispatch image builds and run failed jobs again" },
  {
    permission: "checks",
    access: "read",
    to: "read the nightly validation and the checks of the weekly post",
  },
  {
    permission: "contents",
    access: "write",
    to: "move branches, and commit to the monorepo and to the site",
  },
  {
    permission: "issues",
    access: "write",
    to: "find who is on duty, tick the checklist of the weekly role, and comment on firewall requests",
  },
  { permission: "metadata", access: "read", to: "see the repositories" },
  { permission: "pull_requests", access: "write", to: "open, read and merge the weekly post" },
  { permission: "statuses", access: "read", to: "read the checks of the weekly post" },
  { permission: "workflows", access: "write", to: "move branches over commits that change workflow files" },
];

/** Webhook events that the GitHub App subscribes to. */
export const gitHubEvents: readonly string[] = [
  "check_suite",
  "issues",
  "pull_request",
  "pull_request_review",
  "workflow_run",
];

/** Scopes of the Slack bot that do not depend on the channel. */
const slackAlways = ["chat:write", "commands", "im:history", "im:write"];
const slackPublic = ["channels:history", "channels:manage", "channels:read"];
const slackPrivate = ["groups:history", "groups:read", "groups:write"];

/** Scopes of the Slack bot, which for a private channel are others. */
export function slackScopes(channelIsPrivate: boolean): string[] {
  return [...slackAlways, ...(channelIsPrivate ? slackPrivate : slackPublic)].sort();
}

/** A right in a namespace of a cluster. */
export interface ClusterRight {
  verb: string;
  /** Empty: the core API. */
  group: string;
  resource: string;
}

const images = "image.openshift.io";

/** Rights of the service account in a cluster's namespace: those of `infra/openshift/`. */
export function clusterRights(cluster: "production" | "staging", holdImports: boolean): ClusterRight[] {
  const right = (group: string, resource: string, ...verbs: string[]) =>
    verbs.map((verb) => ({ verb, group, resource }));
  const workloads = [...right("apps", "deployments", "list"), ...right("apps", "statefulsets", "list")];
  // Firewall requests look from inside.
  const probes = [...right("batch", "jobs", "create", "get"), ...right("", "pods/log", "get")];
  if (cluster === "staging") {
    return [...right("", "pods", "list"), ...workloads, ...right(images, "imagestreams", "list"), ...probes];
  }
  return [
    ...right("", "pods", "list", "watch", "delete"),
    ...workloads,
    ...right(images, "imagestreams", "get", "list", ...(holdImports ? ["patch"] : [])),
    ...right(images, "imagestreamimports", "create"),
    ...probes,
  ];
}
