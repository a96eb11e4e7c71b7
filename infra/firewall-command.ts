import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { resultLines } from "../functions/domain/firewall-request.ts";
import { parseTargets } from "../functions/domain/firewall-target.ts";
import { parseConfig } from "../functions/runtime/config.ts";
import { NotFound } from "../functions/runtime/errors.ts";
import { createClient } from "../functions/services/github-client.ts";
import type { FirewallRequest, StartedFirewall } from "../functions/start-firewall.ts";
import { roundResults } from "../functions/steps/firewall-context.ts";
import { firewallLedger } from "../functions/store/firewall.ts";
import { runs } from "../functions/store/runs.ts";
import type { Output } from "./cleanup-command.ts";
import { packit } from "./config/packit.ts";
import {
  type FirewallOptions,
  firewallFaults,
  firewallHelp,
  readFirewallOptions,
} from "./firewall-options.ts";
import { openLog } from "./local/log.ts";
import { choosePort } from "./local/port.ts";
import { type System, startSystem } from "./local/system.ts";
import { paint, View } from "./local/view.ts";
import { madeUpWeek } from "./local/world/data.ts";
import type { HostBehaviour } from "./local/world/openshift/outside.ts";

const lookMs = 100;
/** Hosts with which something else is wrong. */
const faulty: Record<keyof typeof firewallFaults, string> = {
  "host-down": "down.fedorainfracloud.org",
  "no-dns": "gone.fedorainfracloud.org",
  "bad-certificate": "expired.fedorainfracloud.org",
};

/** Rehearses one firewall request. @returns the exit code. */
export async function firewallCommand(argv: readonly string[], output: Output): Promise<number> {
  let options: FirewallOptions | null;
  let port: number;
  try {
    options = readFirewallOptions(argv);
    port = await choosePort(options?.port ?? null);
  } catch (thrown) {
    if ((thrown as Error).name !== "BadCommand") throw thrown;
    output.error(`${(thrown as Error).message}\n`);
    return 2;
  }
  if (!options) {
    output.out(firewallHelp);
    return 0;
  }
  const interrupted = Promise.withResolvers<null>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.resolve(null));
  const folder = await mkdtemp(join(tmpdir(), "stablehand-firewall-"));
  const view = new View();
  const log = openLog(folder);
  const system = await startSystem({
    config: packit,
    seed: madeUpWeek(parseConfig(packit)),
    speed: options.speed,
    peopleSpeed: 1,
    port,
    stateDir: null,
    flows: ["firewall-request"],
    log,
  });
  try {
    return (await Promise.race([rehearse(system, options, view), interrupted.promise])) ?? 130;
  } finally {
    await system.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function rehearse(system: System, options: FirewallOptions, view: View): Promise<number> {
  const domains = [...options.domains, ...options.fail.map((each) => faulty[each])];
  view.line(`${paint("bold", "Stablehand")} rehearses a firewall request for ${domains.join(" ")}`);
  for (const fault of options.fail) view.line(`  ${paint("yellow", `${fault}: ${firewallFaults[fault]}`)}`);
  const { repository } = system.config.duty;
  const number = options.issue ? await roleIssue(system) : null;
  const [person] = system.config.people;
  const origin =
    number === null
      ? { by: person?.name ?? "somebody", slack: person?.slack ?? null, issue: null }
      : { by: person?.github ?? "somebody", slack: null, issue: { repository, number } };
  const request: FirewallRequest = { domains, origin };
  // Hosts are there before anybody looks.
  for (const { host } of parseTargets(domains).targets) setHost(system, host, options);
  const started = (await system.invoke("StartFirewall", request)) as StartedFirewall;
  for (const { text, why } of started.refused) view.line(`  ${paint("red", "refused")}  ${text} ${why}`);
  if (!started.run || !started.execution) return 1;
  view.line(`  run      ${paint("bold", started.run)}`);
  view.line(`  console  ${system.url}/console/${started.run}`);
  const rounds = await follow(
    system,
    { ...started, run: started.run, execution: started.execution },
    options,
    view,
  );
  const report = await makeReport(system, started.run, rounds);
  view.line();
  view.line(`${paint("bold", report.run.status)}${report.run.reason ? `: ${report.run.reason}` : ""}`);
  if (report.request) view.line(report.request.replaceAll(/^/gm, "  "));
  if (options.report) {
    await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
    view.line(`  report   ${options.report}`);
  }
  return report.run.status === "finished" || !options.yes ? 0 : 1;
}

function setHost(system: System, host: string, { fail }: FirewallOptions): void {
  const { outside } = system.world.openshift;
  const fault = fail.find((each) => faulty[each] === host);
  if (fault === "no-dns") return;
  const behaviours: Partial<Record<string, HostBehaviour>> = {
    "host-down": "refuses",
    "bad-certificate": "badCertificate",
  };
  outside.addHost(host, behaviours[fault ?? ""] ?? "answers");
  // Staging is let through already; nothing blocks a host with which something else is wrong.
  outside.allow("staging", host);
  if (fault) outside.allow("production", host);
}

/** To its end; grants what was asked when its time has come. @returns the rounds that were read. */
async function follow(
  system: System,
  { run, execution, targets }: StartedFirewall & { run: string; execution: string },
  { yes, days, fail }: FirewallOptions,
  view: View,
): Promise<number> {
  const { outside } = system.world.openshift;
  let told = 0;
  for (;;) {
    const results = await roundResults(run, told);
    if (results) {
      view.event("→", `day ${told}: ${resultLines(results).join("\n             ")}`);
      told += 1;
      const asked = (await runs().events(run)).some(({ code }) => code === "firewall.requested");
      if (!yes && asked) return told;
      if (yes && told === days) {
        view.event("→", "the robot of the network's people grants what was asked");
        for (const { host } of targets) outside.allow("production", host);
        for (const fault of fail) outside.addHost(faulty[fault], "answers");
        for (const fault of fail)
          for (const each of ["production", "staging"] as const) outside.allow(each, faulty[fault]);
      }
    }
    const { status } = await system.stepFunctions.send(
      new DescribeExecutionCommand({ executionArn: execution }),
    );
    if (status !== "RUNNING") break;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  await system.settled();
  return told;
}

async function makeReport(system: System, run: string, rounds: number) {
  const record = await runs().get(run);
  const events = await runs().events(run);
  const all = [];
  for (let round = 0; round < rounds; round++) all.push(await roundResults(run, round));
  const { slack } = system.world;
  return {
    run: { id: run, status: record?.status ?? "failed", reason: record?.reason ?? null },
    rounds: all,
    request: events.find(({ code }) => code === "firewall.requested")?.text ?? null,
    asked: await firewallLedger().asked(),
    slack: (await slack.messages(slack.channelId)).map(({ text }) => text),
    comments: await commentsOf(system),
  };
}

export type FirewallReport = Awaited<ReturnType<typeof makeReport>>;

function githubOf({ world, config }: System) {
  const { appId, privateKey, installationId } = world.secrets.github;
  const { apiUrl, owner } = config.github;
  return createClient({ apiUrl, owner, credentials: { appId, privateKey, installationId } });
}

async function roleIssue(system: System): Promise<number> {
  const { octokit } = githubOf(system);
  const [owner = "", repo = ""] = system.config.duty.repository.split("/");
  const { data } = await octokit.rest.issues.listForRepo({ owner, repo, state: "all" });
  const first = data[0];
  if (!first) throw new NotFound(`${owner}/${repo} has no issue.`);
  return first.number;
}

async function commentsOf(system: System): Promise<string[]> {
  const { octokit } = githubOf(system);
  const [owner = "", repo = ""] = system.config.duty.repository.split("/");
  const { data } = await octokit.rest.issues.listComments({
    owner,
    repo,
    issue_number: await roleIssue(system),
  });
  return data.map(({ body }) => body ?? "");
}
