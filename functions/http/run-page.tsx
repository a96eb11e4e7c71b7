import { looksOf, timelineOf } from "../domain/timeline.ts";
import { durationOf } from "../domain/times.ts";
import { personOf } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { runListAddress } from "../runtime/links.ts";
import { ChainsView } from "./chain-view.tsx";
import { type ConsoleLinks, consoleLinks } from "./console-links.ts";
import { FlowView } from "./flow-view.tsx";
import { Happening } from "./happening-view.tsx";
import { HealthView } from "./health-view.tsx";
import { type Clock, clockAt } from "./run-clock.ts";
import type { Flow, RunNow } from "./run-now.ts";
import { kinds, runStatus, worked } from "./run-words.ts";
import { DecisionsView, LogView, PlanSection } from "./story-view.tsx";
import { type Span, TimelineView } from "./timeline-view.tsx";

interface RunPageProps {
  now: RunNow;
  /** The reader's, for the way to the other runs. */
  token: string;
  at: Date;
}

/** One run, with everything that is known of it. What is inside `main`. */
export function RunView({ now, token, at }: RunPageProps) {
  const { run, flow, reports, plan } = now;
  const span = spanOf(now, at);
  const drawnTo = drawnUpTo(span, run.endedAt === null ? at : new Date(run.endedAt));
  const clock = clockAt(at);
  const links = flow.drawing && consoleLinks(run, flow.drawing.flow, new Date(span.to).toISOString());
  const timeline = flow.drawing && timelineOf(flow.visits, flow.drawing, worked(plan));
  return (
    <>
      <Head now={now} token={token} links={links} clock={clock} />
      <Happening now={now} timeline={timeline} links={links} clock={clock} />
      {timeline && flow.visits.length > 0 ? (
        <TimelineView {...{ timeline, span, now: drawnTo, clock, links, over: run.endedAt !== null }} />
      ) : (
        <NoTimeline history={flow.history} />
      )}
      {plan ? <ChainsView plan={plan} progress={now.repositories} waits={now.waits} /> : null}
      <HealthView
        staging={reports.staging}
        before={reports.baseline}
        after={reports.production}
        clock={clock}
      />
      <PlanSection now={now} />
      <DecisionsView now={now} clock={clock} />
      {flow.drawing ? <FlowView drawing={flow.drawing} looks={looksOf(flow.visits, flow.drawing)} /> : null}
      <LogView now={now} clock={clock} />
    </>
  );
}

/** As the title of the page and of its window. */
export function runTitle({ run }: Pick<RunNow, "run">): string {
  return `${config().service}: ${kinds[run.kind]}`;
}

function Head({
  now,
  token,
  links,
  clock,
}: Omit<RunPageProps, "at"> & { links: ConsoleLinks | null; clock: Clock }) {
  const { run } = now;
  const status = runStatus(now);
  return (
    <section class="card" aria-labelledby="title">
      <div class="line">
        <h1 id="title">{runTitle(now)}</h1>
        <span class={`pill ${status.look}`} role="status">
          {status.word}
        </span>
      </div>
      <p class="lead">
        {run.id}
        {run.reason || run.purpose ? (
          <>
            {" · "}
            <bdi>{run.reason || run.purpose}</bdi>
          </>
        ) : null}
      </p>
      <Facts now={now} clock={clock} />
      <ul class="links">
        <li>
          <a href={runListAddress(token)}>All runs</a>
        </li>
        {links ? (
          <>
            <li>
              <a href={links.execution}>Execution in Step Functions</a>
            </li>
            <li>
              <a href={links.logs}>Logs</a>
            </li>
          </>
        ) : null}
      </ul>
    </section>
  );
}

function Facts({ now, clock }: { now: RunNow; clock: Clock }) {
  const { run, approvedBy } = now;
  const took = run.endedAt && (Date.parse(run.endedAt) - Date.parse(run.openedAt)) / 60_000;
  return (
    <dl class="facts">
      <div>
        <dt>Started</dt>
        <dd>{clock.at(run.openedAt)}</dd>
      </div>
      <div>
        <dt>Approved by</dt>
        <dd>
          {approvedBy === null ? "nobody" : personOf(approvedBy).name}
          {run.approvedAt ? <small>{clock.at(run.approvedAt)}</small> : null}
        </dd>
      </div>
      <div>
        <dt>{run.endedAt ? "Ended" : "Done by about"}</dt>
        <dd>
          {run.endedAt
            ? clock.at(run.endedAt)
            : run.expectedEnd
              ? clock.at(run.expectedEnd)
              : "not known yet"}
          {took ? <small>after {durationOf(took)}</small> : null}
        </dd>
      </div>
      <div>
        <dt>On duty</dt>
        <dd>
          {run.duty ? personOf(run.duty.login).name : "nobody known"}
          {run.duty?.how === "backup" ? <small>as the backup</small> : null}
        </dd>
      </div>
    </dl>
  );
}

function NoTimeline({ history }: Pick<Flow, "history">) {
  const why = {
    whole: "Nothing has happened yet.",
    partly: "Nothing has happened yet.",
    forgotten: "Step Functions keeps a history for 90 days, so there is none of this run any more.",
    unknown: "Step Functions does not answer at the moment. Everything else here is from the store.",
  };
  return (
    <section class="times" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <div class="card">
        <p>{why[history]}</p>
      </div>
    </section>
  );
}

/** From the first state on to the end; of a run that goes on, to when it should be done. */
function spanOf({ run, flow }: RunNow, at: Date): Span {
  const from = flow.visits[0]?.startedAt.getTime() ?? Date.parse(run.openedAt);
  const ends = flow.visits.map((each) => each.endedAt?.getTime() ?? 0);
  const last = Math.max(from + 1000, ...ends);
  if (run.endedAt !== null) return { from, to: Math.max(last, Date.parse(run.endedAt)) };
  const expected = Date.parse(run.expectedEnd ?? run.openedAt);
  return { from, to: Math.max(last, expected, steppedUp(from, at.getTime())) };
}

/** How many steps what goes on is drawn in: between two of them nothing on the page changes. */
const steps = 150;

function drawnUpTo({ from, to }: Span, at: Date): number {
  const step = Math.max(1000, (to - from) / steps);
  return Math.min(to, from + Math.ceil((at.getTime() - from) / step) * step);
}

/** Past the time when it should be done, the span grows by a tenth whenever it is full. */
function steppedUp(from: number, at: number): number {
  let span = 60_000;
  while (from + span < at) span *= 1.1;
  return from + span;
}
