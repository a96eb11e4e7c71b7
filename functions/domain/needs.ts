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
  { permission: "contents", access: "write", to: "move branches and commit to the monorepo" },
  { permission: "issues", access: "read", to: "find who is on duty" },
  { permission: "metadata", access: "read", to: "see the repositories" },
  { permission: "workflows", access: "write", to: "move branches over commits that change workflow files" },
];

/** Webhook events that the GitHub App subscribes to. */
export const gitHubEvents: readonly string[] = ["workflow_run"];

/** Scopes of the Slack bot that do not depend on the channel. */
const slackAlways = ["chat:write", "im:history", "im:write"];
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

/** Rights of the service account in a cluster's namespace. */
export function clusterRights(cluster: "production" | "staging", holdImports: boolean): ClusterRight[] {
  const read = [
    { group: "", resource: "pods" },
    { group: "apps", resource: "deployments" },
    { group: "apps", resource: "statefulsets" },
    { group: images, resource: "imagestreams" },
  ].flatMap((each) => ["get", "list", "watch"].map((verb) => ({ verb, ...each })));
  if (cluster === "staging") return read;
  return [
    ...read,
    { verb: "create", group: images, resource: "imagestreamimports" },
    ...(holdImports ? [{ verb: "patch", group: images, resource: "imagestreams" }] : []),
  ];
}
