import { randomBytes } from "node:crypto";
import { createEmulator, defineEmulator } from "emulate";
import type { WorldContext } from "./context.ts";
import { stateFile } from "./state-file.ts";

/** Sentry: the issues of one organisation, as its API lists them. */

export interface EmulatedIssue {
  id: string;
  project: string;
  environment: string;
  title: string;
  level: string;
  count: number;
  /** ISO 8601. */
  firstSeen: string;
  status: "unresolved" | "resolved";
}

interface SentryState {
  issues: EmulatedIssue[];
}

export interface SentryEmulator {
  url: string;
  token: string;
  /** Something goes wrong in an environment for the first time, now unless it says when. */
  report(issue: {
    environment: string;
    title: string;
    level?: string;
    count?: number;
    firstSeen?: Date;
  }): void;
  save(): Promise<void>;
  /** Saves and stops, once. */
  close(): Promise<void>;
}

/** Sentry's ids are in the billions. */
const firstId = 6_100_000_001;
const project = "packit-service";
/** Minutes from the import until the new code runs into its error. */
const regressionMinutes = 3;
const day = 24 * 60 * 60_000;

/** Starts Sentry on a free port, with an old issue in each environment, which people live with. */
export async function startSentry(ctx: WorldContext): Promise<SentryEmulator> {
  const settings = ctx.config.sentry;
  const environments = settings?.environments ?? { staging: "stg", production: "prod" };
  const file = stateFile<SentryState>(ctx.stateDir, "sentry");
  const saved = file.load();
  let state: SentryState = saved ?? { issues: [] };
  const token = `sntrys_${randomBytes(32).toString("hex")}`;

  const definition = defineEmulator({
    name: "sentry",
    state: () => state,
    cors: false,
    setup({ app, state: live, baseUrl }) {
      state = live;
      app.get("/api/0/organizations/:organization/issues/", (c) => {
        if (c.req.header("authorization") !== `Bearer ${token}`)
          return c.json({ detail: "Invalid token" }, 401);
        const { organization } = c.req.param() as { organization: string };
        if (organization !== settings?.organization) {
          return c.json({ detail: "The requested resource does not exist" }, 404);
        }
        const url = new URL(c.req.url);
        const matches = matcher(url.searchParams);
        if (typeof matches === "string") return c.json({ detail: matches }, 400);
        const found = state.issues.filter(matches).sort((a, b) => b.firstSeen.localeCompare(a.firstSeen));
        const limit = Math.min(100, Number(url.searchParams.get("limit") ?? 100) || 100);
        const at = Number(/^0:(\d+):0$/.exec(url.searchParams.get("cursor") ?? "")?.[1] ?? 0);
        const pageLink = (rel: string, from: number, results: boolean) =>
          `<${baseUrl}${url.pathname}?cursor=0:${from}:0>; rel="${rel}"; results="${results}"; cursor="0:${from}:0"`;
        const links = [
          pageLink("previous", Math.max(0, at - limit), at > 0),
          pageLink("next", at + limit, at + limit < found.length),
        ];
        const page = found.slice(at, at + limit).map((each) => format(each, baseUrl, organization));
        return c.json(page, 200, { link: links.join(", ") });
      });
    },
  });
  const emulator = await createEmulator({ service: definition, port: 0, inspector: true });

  const report: SentryEmulator["report"] = ({
    firstSeen = new Date(),
    level = "error",
    count = 1,
    ...issue
  }) => {
    const id = String(firstId + state.issues.length);
    state.issues.push({
      id,
      project,
      level,
      count,
      status: "unresolved",
      ...issue,
      firstSeen: firstSeen.toISOString(),
    });
    file.save(state);
  };
  if (!saved) {
    for (const environment of Object.values(environments)) {
      const firstSeen = new Date(Date.now() - 30 * day);
      report({ environment, title: "SoftTimeLimitExceeded: run_koji_build", count: 212, firstSeen });
    }
  }

  ctx.events.on("importAsked", ({ namespace }) => {
    if (namespace !== ctx.config.clusters.production.namespace || !ctx.faults.has("sentry-regression"))
      return;
    ctx.timers.after(regressionMinutes, () => {
      if (!ctx.faults.strikes("sentry-regression", "Sentry shows a new error in production")) return;
      const title = "KeyError: 'identifier' in packit_service.worker.handlers.copr";
      report({ environment: environments.production, title, count: 17 });
    });
  });

  let closed: Promise<void> | null = null;
  return {
    url: emulator.url,
    token,
    report,
    save: async () => file.save(state),
    close() {
      closed ??= (async () => {
        file.save(state);
        await emulator.close();
      })();
      return closed;
    },
  };
}

/** What a search asks for, as far as anybody asks; the words of the refusal for anything else. */
function matcher(search: URLSearchParams): ((issue: EmulatedIssue) => boolean) | string {
  const conditions: ((issue: EmulatedIssue) => boolean)[] = [];
  for (const term of (search.get("query") ?? "is:unresolved").split(/\s+/).filter((each) => each !== "")) {
    const [, key, value = ""] = /^([\w.]+):(.+)$/.exec(term) ?? [];
    const since = /^>=(.+)$/.exec(value)?.[1];
    if (key === "is" && ["unresolved", "resolved"].includes(value)) {
      conditions.push((issue) => issue.status === value);
    } else if (key === "firstSeen" && since && !Number.isNaN(Date.parse(since))) {
      conditions.push((issue) => Date.parse(issue.firstSeen) >= Date.parse(since));
    } else if (key === "project") {
      const names = value.replace(/^\[|\]$/g, "").split(",");
      conditions.push((issue) => names.includes(issue.project));
    } else {
      return `Error parsing search query: ${term}`;
    }
  }
  const environments = search.getAll("environment");
  if (environments.length > 0) conditions.push((issue) => environments.includes(issue.environment));
  return (issue) => conditions.every((each) => each(issue));
}

function format(issue: EmulatedIssue, baseUrl: string, organization: string) {
  const { id, project: slug, title, level, count, firstSeen, status } = issue;
  return {
    id,
    shortId: `${slug.toUpperCase()}-${(Number(id) - firstId + 1).toString(36).toUpperCase()}`,
    title,
    level,
    status,
    // Sentry writes it as a string.
    count: String(count),
    userCount: 0,
    firstSeen,
    lastSeen: firstSeen,
    permalink: `${baseUrl}/organizations/${organization}/issues/${id}/`,
    project: { id: "1", name: slug, slug },
    metadata: { type: title.split(":")[0] ?? title, value: title },
  };
}
