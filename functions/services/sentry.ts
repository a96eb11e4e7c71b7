import { z } from "zod";
import { config } from "../runtime/config.ts";
import { BadConfiguration, ServiceUnavailable } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";
import { secret } from "../runtime/secrets.ts";
import { fetchAnswer } from "./http.ts";

export interface SentryIssue {
  id: string;
  /** As people call it: `PACKIT-SERVICE-1A2`. */
  shortId: string;
  title: string;
  /** `fatal`, `error`, `warning`, `info`, `debug`, or what the event's sender made up. */
  level: string;
  /** How often it happened. */
  count: number;
  /** ISO 8601. */
  firstSeen: string;
  url: string;
}

/** The issues of one organisation. */
export interface Sentry {
  /**
   * Unresolved issues that an environment first saw at `since` (ISO 8601) or later, newest first, 500 at most.
   * @returns `more`: there are others.
   */
  newIssues(environment: string, since: string): Promise<{ issues: SentryIssue[]; more: boolean }>;
  /** Where a person sees the same. */
  page(environment: string, since: string): string;
}

export interface SentryOptions {
  /** `https://sentry.io` */
  apiUrl: string;
  /** Its slug. */
  organization: string;
  /** Slugs of projects; empty: all that the token may read. */
  projects: readonly string[];
  /** Of an internal integration that may read issues: `event:read`, `org:read`, `project:read`. */
  token: string;
  fetch?: typeof fetch;
}

const issue = z.object({
  id: z.coerce.string(),
  shortId: z.string().nullish(),
  title: z.string().catch(""),
  level: z.string().nullish(),
  /** A string in Sentry's answers. */
  count: z.coerce.number().catch(0),
  firstSeen: z.string().nullish(),
  permalink: z.string().nullish(),
});

const pageSize = 100;
const mostPages = 5;

export function createSentry({ apiUrl, organization, projects, token, fetch }: SentryOptions): Sentry {
  const base = `${apiUrl}/api/0/organizations/${encodeURIComponent(organization)}/issues/`;
  const queryOf = (since: string) =>
    [
      "is:unresolved",
      `firstSeen:>=${since}`,
      ...(projects.length > 0 ? [`project:[${projects.join(",")}]`] : []),
    ].join(" ");
  return {
    async newIssues(environment, since) {
      const what = `the issues of ${organization} in ${environment}`;
      const issues: SentryIssue[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < mostPages; page++) {
        const url = new URL(base);
        url.search = new URLSearchParams({
          query: queryOf(since),
          environment,
          // All projects that the token may read; the query narrows them by name.
          project: "-1",
          sort: "new",
          limit: String(pageSize),
          ...(cursor === null ? {} : { cursor }),
        }).toString();
        const { body, headers } = await fetchAnswer("Sentry", url, {
          what,
          headers: { authorization: `Bearer ${token}` },
          fetch,
        });
        const parsed = z.array(issue).safeParse(body);
        if (!parsed.success) throw otherShape(what, parsed.error);
        issues.push(...parsed.data.map((each) => issueOf(each, base)));
        cursor = nextCursor(headers.get("link"));
        if (cursor === null) return { issues, more: false };
      }
      return { issues, more: true };
    },
    page(environment, since) {
      const search = new URLSearchParams({ query: queryOf(since), environment, project: "-1" });
      return `${apiUrl}/organizations/${encodeURIComponent(organization)}/issues/?${search}`;
    },
  };
}

function issueOf(found: z.output<typeof issue>, base: string): SentryIssue {
  return {
    id: found.id,
    shortId: found.shortId ?? found.id,
    title: found.title,
    // Sentry's own default.
    level: found.level ?? "error",
    count: found.count,
    firstSeen: found.firstSeen ?? "",
    url: found.permalink ?? `${base}${encodeURIComponent(found.id)}/`,
  };
}

function otherShape(what: string, error: z.ZodError): ServiceUnavailable {
  return new ServiceUnavailable(
    `Sentry answered in an unknown shape (${what}): ${z.prettifyError(error)}. Look whether its API changed.`,
  );
}

/** Sentry links to a next page even where that is empty, and says so: `rel="next"; results="false"`. */
function nextCursor(link: string | null): string | null {
  for (const part of (link ?? "").split(/,\s*(?=<)/)) {
    const has = (name: string, value: string) => new RegExp(`;\\s*${name}="${value}"`).test(part);
    if (has("rel", "next") && has("results", "true")) return /;\s*cursor="([^"]*)"/.exec(part)?.[1] ?? null;
  }
  return null;
}

/** @throws BadConfiguration when Sentry is not used. */
export const sentry = lazy(async (): Promise<Sentry> => {
  const settings = config().sentry;
  if (!settings) throw new BadConfiguration("sentry is not set: the check of its issues needs it.");
  return createSentry({ ...settings, ...(await secret("sentry")) });
});
