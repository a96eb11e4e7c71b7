import { Webhooks } from "@octokit/webhooks";
import { about, type ClockReading, type Finding, judgeClock, judgeNode } from "../domain/doctor.ts";
import { config } from "../runtime/config.ts";
import { environment } from "../runtime/environment.ts";
import { RequestRefused } from "../runtime/errors.ts";
import { secret } from "../runtime/secrets.ts";
import { fetchJson } from "../services/http.ts";
import { runs } from "../store/runs.ts";
import { attempt, attemptSecret, type Examination, secretIsThere } from "./attempt.ts";

/** What is ours: the code's platform, the clock, the table, the keys, and whether our webhooks answer. */
export async function examineOwn(examination: Examination): Promise<Finding[]> {
  const [clock, table, links, others, webhooks] = await Promise.all([
    examineClock(examination),
    examineTable(examination),
    examineLinks(examination),
    examineOthers(examination),
    examineWebhooks(examination),
  ]);
  return [judgeNode(process.versions.node), clock, table, links, ...others, ...webhooks];
}

async function examineTable(examination: Examination): Promise<Finding> {
  const what = { id: "aws.table", name: "Table" };
  const read = await attempt(examination, what, () => runs().list(1));
  return read.ok ? about(what.id, what.name).ok("It can be read.") : read.finding;
}

async function examineLinks(examination: Examination): Promise<Finding> {
  const stored = await attemptSecret(examination, "links");
  return stored.ok ? secretIsThere("links") : stored.finding;
}

/** Secrets of systems without which a run goes through: whether they are there, and have their shape. */
async function examineOthers(examination: Examination): Promise<Finding[]> {
  const { sentry, mastodon } = config();
  const used = [...(sentry ? (["sentry"] as const) : []), ...(mastodon ? (["mastodon"] as const) : [])];
  return await Promise.all(
    used.map(async (name) => {
      const stored = await attemptSecret(examination, name);
      return stored.ok ? secretIsThere(name) : stored.finding;
    }),
  );
}

/** Sends ourselves the ping that GitHub sends when a webhook is made: signed, and without any effect. */
async function examineWebhooks(examination: Examination): Promise<Finding[]> {
  const signing = await attemptSecret(examination, "github");
  // Told by whoever looks at GitHub.
  if (!signing.ok) return [];
  const what = {
    id: "aws.webhooks",
    name: "Our webhooks",
    remedy: "Look at the HTTP API, its domain name and certificate, and at webhook.failed in the logs.",
  };
  const answered = await attempt(examination, what, ping);
  if (!answered.ok) return [answered.finding];
  return [about(what.id, what.name).ok(`They answer at ${environment("STABLEHAND_URL")}.`)];
}

async function ping(): Promise<void> {
  const [first = ""] = (await secret("github")).webhookSecrets;
  const body = { zen: "Stablehand looks whether its webhooks answer." };
  const url = `${environment("STABLEHAND_URL")}/webhooks/github`;
  const answer = await fetchJson("Our HTTP API", url, {
    what: url,
    body,
    headers: {
      "x-github-event": "ping",
      "x-hub-signature-256": await new Webhooks({ secret: first }).sign(JSON.stringify(body)),
    },
  });
  if (typeof answer !== "object" || answer === null || !("ok" in answer)) {
    throw new RequestRefused(`Something else than Stablehand answers at ${url}.`);
  }
}

async function examineClock({ now }: Examination): Promise<Finding> {
  const { github, slack, quay } = config();
  const servers = { GitHub: github.apiUrl, Slack: slack.apiUrl, Quay: quay.apiUrl };
  const readings = await Promise.all(
    Object.entries(servers).map(([server, url]) => readClock(server, url, now)),
  );
  return judgeClock(readings.filter((each) => each !== null));
}

/** Null where it does not answer: others say so. */
async function readClock(server: string, url: string, now: () => number): Promise<ClockReading | null> {
  try {
    const response = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(10_000) });
    const ours = now();
    await response.arrayBuffer();
    const theirs = Date.parse(response.headers.get("date") ?? "");
    return Number.isNaN(theirs) ? null : { server, theirs, ours };
  } catch {
    return null;
  }
}
