import { z } from "zod";
import { gitHubEvents, gitHubNeeds } from "../../../../functions/domain/needs.ts";
import type { Answer, Identity } from "./backend.ts";
import type { ProxyRequest, Reply } from "./server.ts";

/** What an owner can set about the App on GitHub's pages, and GitHub's own record of what it delivered. */
export interface AppSettings {
  /** Permissions that the organisation granted, by name. */
  permissions: Record<string, string>;
  /** Permissions that the App asks for. */
  requested: Record<string, string>;
  events: string[];
  suspended: boolean;
  /** `url` null: where our HTTP API is. */
  hook: { url: string | null; contentType: string; secret: string | null; insecure: boolean };
  /** Repositories (`owner/name`) that the installation may not use. */
  withheld: Set<string>;
  /** Repositories whose workflows somebody switched off. */
  disabledWorkflows: Set<string>;
  /** Rulesets, each for one branch of a repository (`owner/name`). They are told of; no push is refused for them. */
  rulesets: { name: string; repository: string; branch: string; types: string[]; bypass: boolean }[];
  /** Newest first. */
  deliveries: { event: string; action: string | null; status: number; at: string }[];
}

export function newAppSettings(identity: Identity): AppSettings {
  return {
    permissions: { ...appPermissions },
    requested: { ...appPermissions },
    events: [...gitHubEvents],
    suspended: false,
    hook: { url: null, contentType: "json", secret: identity.webhookSecret, insecure: false },
    withheld: new Set(),
    disabledWorkflows: new Set(),
    rulesets: [],
    deliveries: [],
  };
}

/** What the App was registered with: what the manifest asks for. */
export const appPermissions: Record<string, string> = Object.fromEntries(
  gitHubNeeds.map(({ permission, access }) => [permission, access]),
);

/** The App's own API, as far as the emulator lacks it or does not know what an owner has set here. */
export interface AppApi {
  /** Null: no request of this API. */
  answer(request: ProxyRequest): Promise<Reply | null>;
}

const hookChange = z.object({
  url: z.string().optional(),
  content_type: z.string().optional(),
  secret: z.string().optional(),
  insecure_ssl: z.union([z.string(), z.number()]).optional(),
});

/**
 * @param pass asks the emulator, which verifies the App's tokens.
 * @param workflowsGranted whether the App may change workflow files.
 */
export function createAppApi(options: {
  settings: AppSettings;
  owner: string;
  /** Where our HTTP API takes webhooks. */
  target(): string;
  pass(request: ProxyRequest): Promise<Answer>;
  repositories(): Promise<Record<string, unknown>[]>;
  workflowsGranted(): boolean;
}): AppApi {
  const { settings, owner, target, pass, repositories, workflowsGranted } = options;

  /** What the organisation granted now. */
  const granted = (): Record<string, string> => {
    const { workflows, ...others } = settings.permissions;
    return workflows && workflowsGranted() ? { ...others, workflows } : others;
  };

  async function answer(request: ProxyRequest): Promise<Reply | null> {
    const { method, url, headers } = request;
    const { pathname } = url;
    if (method === "GET" && pathname === "/installation/repositories") return await listRepositories(url);
    const ruled = answerRules(pathname);
    if (ruled) return ruled;
    if (!/^\/app($|\/hook\/|\/installations\/\d+$)/.test(pathname)) return null;
    if (!pathname.startsWith("/app/hook/")) return changed(await pass(request));
    const known = await pass({ ...request, method: "GET", path: "/app", text: "", headers });
    if (known.status !== 200) return { status: known.status, body: known.text };
    if (pathname === "/app/hook/config") {
      if (method === "PATCH") change(hookChange.parse(JSON.parse(request.text || "{}")));
      return { status: 200, body: hookConfig() };
    }
    if (pathname === "/app/hook/deliveries" && method === "GET") {
      const size = Math.min(100, Number(url.searchParams.get("per_page")) || 30);
      return { status: 200, body: settings.deliveries.slice(0, size).map(formatDelivery) };
    }
    return null;
  }

  function answerRules(pathname: string): Reply | null {
    const [, of, branch] = /^\/repos\/([^/]+\/[^/]+)\/rules\/branches\/([^/]+)$/.exec(pathname) ?? [];
    if (of && branch) {
      const rules = settings.rulesets.flatMap(({ repository, types, ...each }, id) =>
        repository === of && each.branch === decodeURIComponent(branch)
          ? types.map((type) => ({
              type,
              ruleset_id: id,
              ruleset_source_type: "Repository",
              ruleset_source: of,
            }))
          : [],
      );
      return { status: 200, body: rules };
    }
    const [, id] = /^\/repos\/[^/]+\/[^/]+\/rulesets\/(\d+)$/.exec(pathname) ?? [];
    const found = id === undefined ? undefined : settings.rulesets[Number(id)];
    if (!found) return null;
    const current_user_can_bypass = found.bypass ? "always" : "never";
    return {
      status: 200,
      body: { id: Number(id), name: found.name, enforcement: "active", current_user_can_bypass },
    };
  }

  function changed({ status, text }: Answer): Reply {
    if (status !== 200) return { status, body: text };
    const found = JSON.parse(text) as Record<string, unknown>;
    const { events, requested, suspended } = settings;
    const own =
      "app_id" in found
        ? { permissions: granted(), events, suspended_at: suspended ? new Date().toISOString() : null }
        : { permissions: requested, events };
    return { status, body: { ...found, ...own } };
  }

  async function listRepositories(url: URL): Promise<Reply> {
    const all = (await repositories()).filter(
      (each) =>
        String(each.full_name).startsWith(`${owner}/`) && !settings.withheld.has(String(each.full_name)),
    );
    const size = Math.min(100, Number(url.searchParams.get("per_page")) || 30);
    const page = Math.max(1, Number(url.searchParams.get("page")) || 1);
    const shown = all.slice((page - 1) * size, page * size);
    return {
      status: 200,
      body: { total_count: all.length, repository_selection: "selected", repositories: shown },
    };
  }

  function change({ url, content_type, secret, insecure_ssl }: z.output<typeof hookChange>): void {
    const { hook } = settings;
    settings.hook = {
      url: url ?? hook.url,
      contentType: content_type ?? hook.contentType,
      secret: secret ?? hook.secret,
      insecure: insecure_ssl === undefined ? hook.insecure : String(insecure_ssl) !== "0",
    };
  }

  function hookConfig(): Record<string, unknown> {
    const { url, contentType, secret, insecure } = settings.hook;
    return {
      content_type: contentType,
      insecure_ssl: insecure ? "1" : "0",
      url: url ?? target(),
      ...(secret === null ? {} : { secret: "********" }),
    };
  }

  return { answer };
}

function formatDelivery(
  { event, action, status, at }: AppSettings["deliveries"][number],
  index: number,
): Record<string, unknown> {
  return {
    id: index + 1,
    guid: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
    delivered_at: at,
    redelivery: false,
    duration: 0.1,
    status: status >= 200 && status < 300 ? "OK" : `Invalid HTTP Response: ${status}`,
    status_code: status,
    event,
    action,
    installation_id: null,
    repository_id: null,
  };
}
