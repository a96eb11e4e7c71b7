import { keyInWords } from "../domain/key-words.ts";
import { questionOfKey } from "../domain/keys.ts";
import type { PromotionPlan } from "../domain/promotion-plan.ts";
import type { RunControl, StepQuestion } from "../domain/question.ts";
import { questionTitle } from "../domain/step-words.ts";
import { durationOf, timeOf } from "../domain/times.ts";
import { personOf } from "../facts.ts";
import { config, type Person } from "../runtime/config.ts";
import type { RepositoryProgress, Run } from "../store/runs.ts";
import type { WaitRecord } from "../store/waits.ts";
import { ControlForm } from "./control-form.tsx";
import { Layout } from "./layout.tsx";
import { RepositoryNow } from "./progress-view.tsx";

export interface OpenQuestion {
  question: StepQuestion;
  /** The person's page for it; null when that person may not answer. */
  url: string | null;
}

/** What the store knows of a run now. */
export interface RunNow {
  run: Run;
  control: RunControl;
  repositories: RepositoryProgress[];
  /** As approved; null before that. */
  plan: PromotionPlan | null;
  /** GitHub login. */
  approvedBy: string | null;
  waiting: WaitRecord[];
  open: OpenQuestion[];
  /** From the first move on, a veto comes too late. */
  moved: boolean;
  /** Page of the run, for the team. */
  url: string;
}

export interface ControlProps {
  now: RunNow;
  person: Person;
  /** The personal link's token, which the form sends back. */
  token: string;
  /** Why what the person has just sent did nothing. */
  problems: string[];
  at: Date;
}

/** How far a run is, and what the person can do about it. */
export function ControlPage({ now, person, token, problems, at }: ControlProps) {
  const { run, control, repositories, plan } = now;
  const { service, schedule } = config();
  const zone = schedule.timeZone;
  const status = statusOf(now);
  return (
    <Layout title={`${run.id}: ${status.word}`} about={`${run.id} · link for ${person.name}`}>
      {problems.map((problem) => (
        <p class="note failed" role="alert">
          {problem}
        </p>
      ))}
      <section class="card" aria-labelledby="title">
        <div class="line">
          <h1 id="title">
            {service}: {kinds[run.kind]}
          </h1>
          <span class={`pill ${status.look}`}>{status.word}</span>
        </div>
        <p class="lead">
          {run.reason || run.purpose || `Scheduled for ${timeOf(run.scheduledFor, zone, at.toISOString())}.`}
        </p>
        <ControlNotes control={control} zone={zone} at={at} />
        <Facts now={now} zone={zone} at={at} />
        <p>
          <a href={now.url}>Timeline and everything else of this run</a>
        </p>
        {run.status === "running" && !control.stop ? (
          <ControlForm person={person} token={token} paused={control.pause !== null} moved={now.moved} />
        ) : null}
      </section>
      <Questions open={now.open} zone={zone} at={at} />
      <Waits now={now} zone={zone} at={at} />
      {repositories.length > 0 ? (
        <section aria-labelledby="repositories">
          <h2 id="repositories">Repositories</h2>
          {repositories.map((progress) => (
            <RepositoryNow
              progress={progress}
              planned={plan?.repositories.find((each) => each.name === progress.repository) ?? null}
              zone={zone}
            />
          ))}
        </section>
      ) : null}
    </Layout>
  );
}

const kinds: Record<Run["kind"], string> = {
  weekly: "weekly deployment",
  hotfix: "hotfix",
  "dry-run": "dry run",
  rollback: "rollback",
  cleanup: "registry cleanup",
  firewall: "firewall request",
};

function statusOf({ run, control, open }: RunNow): { word: string; look: string } {
  if (run.status !== "running")
    return { word: run.status, look: run.status === "finished" ? "ok" : "failed" };
  if (control.stop) return { word: "stopping", look: "failed" };
  if (control.pause) return { word: "paused", look: "warning" };
  return open.length > 0
    ? { word: "waits for an answer", look: "warning" }
    : { word: "running", look: "action" };
}

function ControlNotes({ control, zone, at }: { control: RunControl; zone: string; at: Date }) {
  const { pause, stop } = control;
  const when = (iso: string) => timeOf(iso, zone, at.toISOString());
  const did = { stop: "stopped the run", veto: "vetoed the run", superseded: "took its place" };
  return (
    <>
      {pause ? (
        <p class="note warning">
          {personOf(pause.by).name} paused the run at {when(pause.at)}: it stops before its next change.
        </p>
      ) : null}
      {stop ? (
        <p class="note failed">
          {personOf(stop.by).name} {did[stop.why]} at {when(stop.at)}: nothing more is started.
          {stop.comment ? (
            <>
              {" "}
              <bdi>{stop.comment}</bdi>
            </>
          ) : null}
        </p>
      ) : null}
    </>
  );
}

function Facts({ now, zone, at }: { now: RunNow; zone: string; at: Date }) {
  const { run, approvedBy } = now;
  const when = (iso: string) => timeOf(iso, zone, at.toISOString());
  const minutes = (Date.parse(run.endedAt ?? at.toISOString()) - Date.parse(run.openedAt)) / 60_000;
  return (
    <dl class="facts">
      <div>
        <dt>Started</dt>
        <dd>
          {when(run.openedAt)} <small>{durationOf(minutes)}</small>
        </dd>
      </div>
      <div>
        <dt>Approved by</dt>
        <dd>{approvedBy === null ? "nobody yet" : personOf(approvedBy).name}</dd>
      </div>
      <div>
        <dt>{run.endedAt ? "Ended" : "Done by about"}</dt>
        <dd>{run.endedAt ? when(run.endedAt) : run.expectedEnd ? when(run.expectedEnd) : "not known yet"}</dd>
      </div>
      <div>
        <dt>On duty</dt>
        <dd>{run.duty ? personOf(run.duty.login).name : "nobody known"}</dd>
      </div>
    </dl>
  );
}

function Questions({ open, zone, at }: { open: OpenQuestion[]; zone: string; at: Date }) {
  if (open.length === 0) return null;
  return (
    <section aria-labelledby="questions">
      <h2 id="questions">It asks</h2>
      <div class="card">
        <ul class="plain">
          {open.map(({ question, url }) => (
            <li class="check">
              <h3>{url ? <a href={url}>{questionTitle(question)}</a> : questionTitle(question)}</h3>
              <p class="soft">
                <bdi>{question.reason}</bdi> Until {timeOf(question.expiresAt, zone, at.toISOString())}.
              </p>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

/** But for the answers that "It asks" tells of already. */
function Waits({ now, zone, at }: { now: RunNow; zone: string; at: Date }) {
  if (now.run.status !== "running") return null;
  const asked = new Set(now.open.map(({ question }) => question.id));
  const shown = now.waiting.flatMap((wait) => {
    if (wait.keys.some((key) => asked.has(questionOfKey(key) ?? ""))) return [];
    const words = wait.keys.map(keyInWords).filter((each) => each !== null);
    return words.length > 0 ? [{ wait, what: words.join(", or ") }] : [];
  });
  if (shown.length === 0) return null;
  const when = (iso: string) => timeOf(iso, zone, at.toISOString());
  return (
    <section aria-labelledby="waits">
      <h2 id="waits">It waits for</h2>
      <div class="card">
        <ul class="plain">
          {shown.map(({ wait, what }) => (
            <li class="check">
              {what}
              <p class="soft">
                Since {when(wait.firstRegisteredAt)}
                {wait.deadline ? `, until ${when(wait.deadline)} at most` : ""}.
              </p>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
