import { ledger } from "../../functions/store/ledger.ts";
import { newsStore } from "../../functions/store/news.ts";
import { type RunStatus, runs } from "../../functions/store/runs.ts";
import { waits } from "../../functions/waits.ts";
import { change, planned } from "../planned.ts";
import type { System } from "./system.ts";
import { paint, type View } from "./view.ts";

/** The last lines of a rehearsal: how it ended, what became of each repository, and where the topics are. */
export async function summarize(
  system: System,
  id: string,
  { status, reason, view }: { status: RunStatus; reason: string | null; view: View },
): Promise<void> {
  view.line();
  const colour = status === "finished" ? "green" : "red";
  view.line(`${paint(colour, status)}${reason ? `: ${reason}` : ""}`);
  view.line();
  for (const line of await repositoryLines(id)) view.line(`  ${line}`);

  const all = await waits().waitsOf(id);
  const bySignal = all.filter((each) => each.resumedBy === "signal").length;
  const byRecheck = all.filter((each) => each.resumedBy === "recheck").length;
  if (bySignal + byRecheck > 0) {
    view.line();
    view.line(`  waits    ${bySignal} ended by a webhook or a person, ${byRecheck} by asking again`);
  }
  for (const line of await newsLines(id)) view.line(line);
  await tellPins(view);
  view.line();
  view.line(`  topics   Slack: ${system.world.slack.topics().at(-1)}`);
  if (system.config.matrix) view.line(`           Matrix: ${system.world.matrix.topics().at(-1)}`);
}

async function newsLines(id: string): Promise<string[]> {
  const news = await newsStore().get(id);
  if (!news) return [];
  const { status, note, pullRequest, postUrl } = news;
  return [
    "",
    `  post     ${status}${note ? `: ${note}` : ""}`,
    ...(pullRequest ? [`           ${pullRequest.url}`] : []),
    ...(postUrl ? [`           ${postUrl}`] : []),
  ];
}

async function tellPins(view: View): Promise<void> {
  const pins = await ledger().pins();
  if (pins.length === 0) return;
  view.line();
  for (const { stream, digest, run } of pins) {
    view.line(`  pinned   ${stream.padEnd(24)} ${digest.slice(7, 19)} since ${run} was rolled back`);
  }
}

/** What became of what was approved; before an approval, the plan. */
async function repositoryLines(id: string): Promise<string[]> {
  const run = await runs().get(id);
  const approved = await runs().approved(id);
  const plan = approved ?? (run?.planVersion ? await runs().plan(id, run.planVersion) : null);
  const progress = new Map((await runs().repositories(id)).map((each) => [each.repository, each]));
  return (plan?.repositories ?? [])
    .filter((each) => !approved || each.action !== "none")
    .map((each) => {
      const { stage = approved ? "planned" : planned[each.action], note = null } =
        progress.get(each.name) ?? {};
      return `${each.name.padEnd(24)} ${stage.padEnd(12)} ${change(each)}${note && note !== each.reason ? ` (${note})` : ""}`;
    });
}
