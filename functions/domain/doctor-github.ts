import { about, type Finding } from "./doctor.ts";
import { type Access, gitHubEvents, gitHubNeeds } from "./needs.ts";
import { list } from "./words.ts";

/** What the GitHub App is, and where people change it. */
export interface AppFacts {
  slug: string;
  permissions: Readonly<Record<string, string>>;
  events: readonly string[];
}

export interface InstallationFacts {
  /** Login of the organisation or person. */
  account: string;
  suspended: boolean;
  /** What was granted; may be less than the App asks for until an owner accepts. */
  permissions: Readonly<Record<string, string>>;
}

export interface HookFacts {
  url: string;
  contentType: string;
  hasSecret: boolean;
  insecure: boolean;
}

export interface Delivery {
  /** HTTP status that we answered with; 0: none. */
  status: number;
  event: string;
  /** ISO 8601. */
  at: string;
}

/** Where the App's settings are. */
export function appSettings({ webUrl, owner }: { webUrl: string; owner: string }, slug: string): string {
  return `${webUrl}/organizations/${owner}/settings/apps/${slug}`;
}

export function judgeInstallation(installation: InstallationFacts, owner: string): Finding {
  const finding = about("github.installation", "Installation of the GitHub App");
  if (installation.account.toLowerCase() !== owner.toLowerCase()) {
    return finding.failed({
      summary: `The secret's installation is of ${installation.account}, not of ${owner}.`,
      remedy: `Put the installationId of ${owner} into the secret github: it ends the installation's address.`,
    });
  }
  if (installation.suspended) {
    return finding.failed({
      summary: `The installation in ${owner} is suspended.`,
      remedy: "An owner of the organisation lifts that under Settings, GitHub Apps, Configure.",
    });
  }
  return finding.ok(`Installed in ${owner}.`);
}

/** An App that asks for more does not have it before an owner of the organisation accepts. */
export function judgePermissions(
  app: AppFacts,
  { permissions }: InstallationFacts,
  settings: string,
): Finding {
  const finding = about("github.permissions", "Permissions of the GitHub App");
  const missing = gitHubNeeds.filter((need) => !covers(permissions[need.permission], need.access));
  if (missing.length === 0) return finding.ok(`${gitHubNeeds.length} permissions, all granted.`);
  const asked = missing.every((need) => covers(app.permissions[need.permission], need.access));
  return finding.failed({
    summary: `Not granted: ${list(missing.map(({ permission, access, to }) => `${permission}: ${access} (to ${to})`))}.`,
    remedy: asked
      ? "The App asks for it: an owner of the organisation accepts under Settings, GitHub Apps, Review request."
      : `Set it under ${settings}/permissions; then an owner of the organisation accepts.`,
  });
}

/** GitHub's words for rights over workflows: `workflows` knows no reading. */
function covers(granted: string | undefined, needed: Access): boolean {
  return granted === needed || granted === "write" || granted === "admin";
}

export function judgeEvents({ events }: AppFacts, settings: string): Finding {
  const finding = about("github.events", "Events of the GitHub App");
  const missing = gitHubEvents.filter((event) => !events.includes(event));
  if (missing.length === 0) return finding.ok(`Subscribed to ${list(gitHubEvents)}.`);
  return finding.warning({
    summary: `Not subscribed to ${list(missing)}: a run hears of builds minutes later, by asking.`,
    remedy: `Tick ${list(missing.map(eventInWords))} under ${settings}/permissions, Subscribe to events: no API does that.`,
  });
}

/** `workflow_run` as GitHub's page writes it. */
function eventInWords(event: string): string {
  const words = event.replaceAll("_", " ");
  return `"${words.charAt(0).toUpperCase()}${words.slice(1)}"`;
}

/** What of the webhook is not as it should be, in words; empty: it is. */
export function hookProblems(hook: HookFacts, url: string): string[] {
  return [
    ...(hook.url === url ? [] : [`its address is ${hook.url || "empty"}, not ${url}`]),
    ...(hook.contentType === "json" ? [] : [`it sends ${hook.contentType}, not json`]),
    ...(hook.hasSecret ? [] : ["it has no secret"]),
    ...(hook.insecure ? ["it does not verify certificates"] : []),
  ];
}

export function judgeHook(hook: HookFacts, url: string): Finding {
  const finding = about("github.webhook", "Webhook of the GitHub App");
  const problems = hookProblems(hook, url);
  if (problems.length === 0) return finding.ok(`Sends to ${url}.`);
  return finding.warning({
    summary: `The webhook cannot reach us: ${list(problems)}. A run hears of builds minutes later, by asking.`,
    remedy: "npm run connect repairs it.",
  });
}

/**
 * @param deliveries newest first.
 */
export function judgeDeliveries(deliveries: readonly Delivery[]): Finding {
  const finding = about("github.deliveries", "Last webhooks of GitHub");
  const newest = deliveries[0];
  if (!newest) return finding.skipped("GitHub has sent nothing yet.");
  if (newest.status >= 200 && newest.status < 300)
    return finding.ok(`The newest, of ${newest.at}, was taken.`);
  const failing = deliveries.findIndex(({ status }) => status >= 200 && status < 300);
  const inARow = failing < 0 ? deliveries.length : failing;
  return finding.warning({
    summary: `GitHub's last ${inARow === 1 ? "webhook was" : `${inARow} webhooks were`} answered ${newest.status || "by nobody"}.`,
    remedy: deliveryRemedy(newest.status),
  });
}

function deliveryRemedy(status: number): string {
  if (status === 401) {
    return "The App signs with another secret than ours: npm run connect -- --secret sets the one of the secret github.";
  }
  if (status === 0) return "GitHub cannot reach the address: look at domain name, certificate and DNS.";
  return "Look for webhook.failed and webhook.refused in the logs, then let GitHub deliver again.";
}

/** A rule of a ruleset that the App may not bypass. */
export interface BranchRule {
  /** GitHub's name: `update`, `non_fast_forward`, `pull_request`, … */
  type: string;
  /** Name of the ruleset. */
  ruleset: string;
}

export interface RepositoryFacts {
  name: string;
  /** The installation may use it. */
  accessible: boolean;
  archived: boolean;
  /** Branches that a run needs and that are not there. */
  missingBranches: readonly string[];
  /** For the branch that a run pushes to. */
  rules: readonly BranchRule[];
  /** The workflow that builds its images, and its state; null: it has none. `missing`: GitHub does not know it. */
  workflow: { path: string; state: string } | null;
}

/** Rules that no push of an App fulfils by itself. */
const refusesEveryPush = new Set(["update", "pull_request", "merge_queue"]);

export function judgeRepository(repository: RepositoryFacts, owner: string): Finding {
  const { name, accessible, archived, missingBranches, rules, workflow } = repository;
  const finding = about(`github.repository/${name}`, `Repository ${name}`);
  if (!accessible) {
    return finding.failed({
      summary: `The App has no access to ${owner}/${name}.`,
      remedy:
        "An owner adds it under Settings, GitHub Apps, Configure, Repository access; or mend its name in the configuration.",
    });
  }
  if (archived) {
    return finding.failed({
      summary: `${owner}/${name} is archived, so nothing can be moved.`,
      remedy: "Unarchive it, or set moved: false for it in the configuration.",
    });
  }
  if (missingBranches.length > 0) {
    return finding.failed({
      summary: `${owner}/${name} has no branch ${list(missingBranches)}.`,
      remedy: "Create it, or mend the branch names in the configuration.",
    });
  }
  if (workflow && workflow.state !== "active") {
    return finding.failed({
      summary: `The workflow ${workflow.path} of ${owner}/${name} is ${workflow.state.replaceAll("_", " ")}.`,
      remedy:
        workflow.state === "missing"
          ? "Mend build.workflow in the configuration."
          : "Enable it on the repository's Actions page.",
    });
  }
  const against = rules.filter(({ type }) => refusesEveryPush.has(type) || type === "non_fast_forward");
  if (against.length > 0) {
    const always = against.some(({ type }) => refusesEveryPush.has(type));
    const named = list([...new Set(against.map(({ type, ruleset }) => `${ruleset} (${type})`))]);
    return finding[always ? "failed" : "warning"]({
      summary: `A ruleset of ${owner}/${name} would refuse ${always ? "our push" : "a forced move"}: ${named}.`,
      remedy: `Add the App to its bypass list, as "Always allow".`,
    });
  }
  return finding.ok(workflow ? "Access, branches and workflow are there." : "Access and branches are there.");
}
