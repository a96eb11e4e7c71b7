import { about, type Finding } from "../domain/doctor.ts";
import {
  appSettings,
  judgeDeliveries,
  judgeEvents,
  judgeHook,
  judgeInstallation,
  judgePermissions,
  judgeRepository,
} from "../domain/doctor-github.ts";
import { list } from "../domain/words.ts";
import { type Config, config, type RepositoryConfig } from "../runtime/config.ts";
import { environment } from "../runtime/environment.ts";
import { github } from "../services/github.ts";
import { type GitHubApp, gitHubApp } from "../services/github-app.ts";
import { attempt, attemptSecret, type Examination, restOf, secretIsThere } from "./attempt.ts";

const rest = restOf("github", "GitHub");

/** The App, its installation and webhook, and every repository that a run works on. */
export async function examineGitHub(examination: Examination): Promise<Finding[]> {
  const stored = await attemptSecret(examination, "github");
  if (!stored.ok) return [stored.finding, rest];
  const there = secretIsThere("github");
  const credentials = {
    id: "github.app",
    name: "Credentials of the GitHub App",
    remedy: "Put the App's id and a private key of it into the secret github, as the README says.",
  };
  const api = await gitHubApp();
  const app = await attempt(examination, credentials, () => api.app());
  if (!app.ok) return [there, app.finding, rest];
  const known = about(credentials.id, credentials.name).ok(`They are those of the App ${app.value.slug}.`);

  const installed = {
    id: "github.installation",
    name: "Installation of the GitHub App",
    remedy: "Install the App in the organisation, and put that installation's id into the secret github.",
  };
  const installation = await attempt(examination, installed, () => api.installation());
  const webhook = await examineWebhook(examination, api);
  if (!installation.ok) return [there, known, installation.finding, ...webhook, rest];
  const { owner, webUrl } = config().github;
  const settings = appSettings({ webUrl, owner }, app.value.slug);
  const place = judgeInstallation(installation.value, owner);
  const events = judgeEvents(app.value, settings);
  if (place.verdict !== "ok") return [there, known, place, events, ...webhook, rest];
  const granted = judgePermissions(app.value, installation.value, settings);
  const found = await examineRepositories(examination, api);
  return [there, known, place, granted, events, ...webhook, ...found, await examineDuty(examination)];
}

async function examineWebhook(examination: Examination, api: GitHubApp): Promise<Finding[]> {
  const url = `${environment("STABLEHAND_URL")}/webhooks/github`;
  const [hook, deliveries] = await Promise.all([
    attempt(examination, { id: "github.webhook", name: "Webhook of the GitHub App" }, () => api.hook()),
    attempt(examination, { id: "github.deliveries", name: "Last webhooks of GitHub" }, () =>
      api.deliveries(),
    ),
  ]);
  return [
    hook.ok ? judgeHook(hook.value, url) : hook.finding,
    deliveries.ok ? judgeDeliveries(deliveries.value) : deliveries.finding,
  ];
}

/** What a run needs of a repository. */
interface Needed {
  name: string;
  branches: string[];
  /** The one of them that a run pushes to. */
  pushed: string | null;
  workflow: string | null;
}

async function examineRepositories(examination: Examination, api: GitHubApp): Promise<Finding[]> {
  const accessible = await attempt(
    examination,
    { id: "github.repositories", name: "Repositories of the installation" },
    () => api.repositories(),
  );
  if (!accessible.ok) return [accessible.finding];
  const { owner } = config().github;
  const look = async ({ name, branches, pushed, workflow }: Needed): Promise<Finding> => {
    const repository = accessible.value.get(`${owner}/${name}`);
    const facts = { name, accessible: Boolean(repository), archived: repository?.archived ?? false };
    if (!repository) {
      return judgeRepository({ ...facts, missingBranches: [], rules: [], workflow: null }, owner);
    }
    const what = { id: `github.repository/${name}`, name: `Repository ${name}` };
    const read = await attempt(examination, what, async () => {
      const client = await github();
      const heads = await Promise.all(branches.map((branch) => client.branchHead(name, branch)));
      const state = workflow && ((await api.workflowState(name, workflow)) ?? "missing");
      return {
        missingBranches: branches.filter((_, index) => heads[index] === null),
        rules: pushed ? await api.rules(name, pushed) : [],
        workflow: workflow && state ? { path: workflow, state } : null,
      };
    });
    return read.ok ? judgeRepository({ ...facts, ...read.value }, owner) : read.finding;
  };
  return await Promise.all(neededRepositories(config()).map(look));
}

function neededRepositories({ github: settings, repositories, duty }: Config): Needed[] {
  const { owner, mainBranch, stableBranch, monorepo } = settings;
  const moved = repositories
    .filter((each) => each.moved)
    .map(({ name, build }: RepositoryConfig) => ({
      name,
      branches: [mainBranch, stableBranch],
      pushed: stableBranch,
      workflow: build?.workflow ?? null,
    }));
  const pins = monorepo
    ? [{ name: monorepo.name, branches: [monorepo.branch], pushed: monorepo.branch, workflow: null }]
    : [];
  const [dutyOwner = "", dutyName = ""] = duty.repository.split("/");
  const role = dutyOwner === owner ? [{ name: dutyName, branches: [], pushed: null, workflow: null }] : [];
  const all: Needed[] = [...moved, ...pins, ...role];
  return all.filter(({ name }, index) => all.findIndex((each) => each.name === name) === index);
}

async function examineDuty(examination: Examination): Promise<Finding> {
  const { duty, people } = config();
  const { repository, label, title } = duty;
  const what = { id: "github.duty", name: "Who is on duty" };
  const issue = await attempt(examination, what, async () =>
    (await github()).newestIssue({ repository, label, title }),
  );
  if (!issue.ok) return issue.finding;
  const finding = about(what.id, what.name);
  const remedy = `Open it in ${repository} with the label ${label}, and assign it to somebody of the team.`;
  const instead = `the backup ${duty.backup} is called`;
  if (!issue.value) {
    return finding.warning({ summary: `There is no issue "${title}", so ${instead}.`, remedy });
  }
  const { assignees, url } = issue.value;
  const known = assignees.filter((login) => people.some((person) => person.github === login));
  if (known.length > 0) return finding.ok(`${list(known)}, says ${url}.`);
  return finding.warning({
    summary: `${url} is assigned to nobody of the configuration, so ${instead}.`,
    remedy,
  });
}
