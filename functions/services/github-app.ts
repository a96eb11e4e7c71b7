import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import type {
  AppFacts,
  BranchRule,
  Delivery,
  HookFacts,
  InstallationFacts,
} from "../domain/doctor-github.ts";
import { config } from "../runtime/config.ts";
import { NotFound, PermissionDenied } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { secret } from "../runtime/secrets.ts";
import { createClient, type GitHubClient, type GitHubOptions } from "./github-client.ts";
import { mapGitHubError } from "./github-errors.ts";

/** The App itself: what it is, what it was granted, and its webhook. Errors are those of `GitHub`. */
export interface GitHubApp {
  app(): Promise<AppFacts>;
  installation(): Promise<InstallationFacts>;
  hook(): Promise<HookFacts>;
  /** JSON and verified certificates; GitHub tells nobody the secret afterwards. */
  setHook(hook: { url: string; secret: string }): Promise<void>;
  /** The newest, 30 at most, newest first. */
  deliveries(): Promise<Delivery[]>;
  /** Full names (`packit/dashboard`) of the repositories that the installation may use, with what is archived. */
  repositories(): Promise<Map<string, { archived: boolean }>>;
  /** `active`, `disabled_manually`, …; null: GitHub does not know the workflow. `workflow` is the file's path. */
  workflowState(repository: string, workflow: string): Promise<string | null>;
  /** What rulesets demand of a push to a branch, but for those that the App may bypass. */
  rules(repository: string, branch: string): Promise<BranchRule[]>;
}

export function createGitHubApp(options: GitHubOptions): GitHubApp {
  const { appId, privateKey, installationId, apiUrl, owner, timeoutMs = 10_000 } = options;
  const credentials = { appId, privateKey, installationId };
  const client = createClient({ ...options, credentials });
  const send = options.fetch ?? fetch;
  const quiet = () => undefined;
  // As the App, and not as its installation: only the App may ask what it is.
  const asApp = new Octokit({
    authStrategy: createAppAuth,
    auth: { appId, privateKey },
    baseUrl: apiUrl,
    userAgent: "stablehand",
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    request: {
      fetch: (url: string, init: RequestInit) =>
        send(url, { ...init, signal: AbortSignal.timeout(timeoutMs) }),
    },
  });
  const ask = async <T>(what: string, work: () => Promise<{ data: T }>): Promise<T> => {
    try {
      return (await work()).data;
    } catch (thrown) {
      throw mapGitHubError(thrown, what);
    }
  };

  return {
    async app() {
      const app = await ask("the App", () => asApp.rest.apps.getAuthenticated());
      return {
        slug: app?.slug ?? "",
        permissions: texts(app?.permissions ?? {}),
        events: app?.events ?? [],
      };
    },

    async installation() {
      const found = await ask(`the installation ${installationId}`, () =>
        asApp.rest.apps.getInstallation({ installation_id: installationId }),
      );
      const { account } = found;
      return {
        account: account && "login" in account ? account.login : "",
        suspended: Boolean(found.suspended_at),
        permissions: texts(found.permissions),
      };
    },

    async hook() {
      const hook = await ask("the App's webhook", () => asApp.rest.apps.getWebhookConfigForApp());
      return {
        url: hook.url ?? "",
        contentType: hook.content_type ?? "form",
        hasSecret: Boolean(hook.secret),
        insecure: String(hook.insecure_ssl ?? "0") !== "0",
      };
    },

    async setHook({ url, secret: value }) {
      const data = { url, secret: value, content_type: "json", insecure_ssl: "0" };
      // As `data`: Octokit would take a parameter named url for the address of the request itself.
      await ask("the App's webhook", () => asApp.request("PATCH /app/hook/config", { data }));
    },

    async deliveries() {
      const found = await ask("the App's webhook deliveries", () =>
        asApp.rest.apps.listWebhookDeliveries({ per_page: 30 }),
      );
      return found.map(({ status_code: status, event, delivered_at: at }) => ({ status, event, at }));
    },

    async repositories() {
      const { octokit, call } = client;
      const found = await call("the repositories of the installation", () =>
        octokit.paginate(octokit.rest.apps.listReposAccessibleToInstallation, { per_page: 100 }),
      );
      return new Map(found.map((each) => [each.full_name, { archived: each.archived ?? false }]));
    },

    async workflowState(repository, workflow) {
      const { octokit, callOrNull } = client;
      const file = workflow.slice(workflow.lastIndexOf("/") + 1);
      const answer = await callOrNull(`the workflow ${workflow} of ${owner}/${repository}`, () =>
        octokit.rest.actions.getWorkflow({ owner, repo: repository, workflow_id: file }),
      );
      return answer?.data.state ?? null;
    },

    rules: (repository, branch) => branchRules(client, repository, branch),
  };
}

/** A repository whose plan has no rulesets has no rules. */
async function branchRules(
  { octokit, owner, call }: GitHubClient,
  repo: string,
  branch: string,
): Promise<BranchRule[]> {
  const what = `the rules for ${branch} of ${owner}/${repo}`;
  const rulesets = new Map<number, string[]>();
  try {
    const { data } = await call(what, () =>
      octokit.rest.repos.getBranchRules({ owner, repo, branch, per_page: 100 }),
    );
    for (const { type, ruleset_id: id } of data) {
      if (id !== undefined) rulesets.set(id, [...(rulesets.get(id) ?? []), type]);
    }
  } catch (thrown) {
    if (thrown instanceof PermissionDenied || thrown instanceof NotFound) return [];
    throw thrown;
  }
  const found = await Promise.all(
    [...rulesets].map(async ([ruleset_id, types]) => {
      const { data } = await call(what, () => octokit.rest.repos.getRepoRuleset({ owner, repo, ruleset_id }));
      // "pull_requests_only" does not help: a run pushes.
      const bypassed = /^(always|exempt)$/.test(data.current_user_can_bypass ?? "never");
      return bypassed ? [] : types.map((type) => ({ type, ruleset: data.name }));
    }),
  );
  return found.flat();
}

/** The App of the configuration, with its key from the secret `github`. */
export const gitHubApp = lazy(async (): Promise<GitHubApp> => {
  const { appId, privateKey, installationId } = await secret("github");
  const { apiUrl, owner } = config().github;
  return createGitHubApp({ apiUrl, owner, appId, privateKey, installationId });
});

function texts(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
