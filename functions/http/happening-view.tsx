import type { HealthReport } from "../domain/health-report.ts";
import { keyInWords } from "../domain/key-words.ts";
import { questionOfKey } from "../domain/keys.ts";
import { answerInWords, questionTitle } from "../domain/step-words.ts";
import { type Bar, stateTitle, type Timeline } from "../domain/timeline.ts";
import { list } from "../domain/words.ts";
import { personOf } from "../facts.ts";
import type { WaitRecord } from "../store/waits.ts";
import type { ConsoleLinks } from "./console-links.ts";
import type { Clock } from "./run-clock.ts";
import type { AskedQuestion, RunNow } from "./run-now.ts";
import { endLook } from "./run-words.ts";
import { SafeLink } from "./safe-link.tsx";

interface HappeningProps {
  now: RunNow;
  timeline: Timeline | null;
  links: ConsoleLinks | null;
  clock: Clock;
}

/** What failed, then what is asked, then what moves and what is waited for. */
export function Happening({ now, timeline, links, clock }: HappeningProps) {
  const running = now.run.status === "running";
  const asked = now.questions.filter(({ question }) => question.kind === "failed" || running);
  const failed = now.repositories.filter(
    ({ stage, repository }) =>
      stage === "failed" && !asked.some((each) => each.question.repository === repository),
  );
  const unwell = unwellChecks(now.reports.production);
  const quiet = asked.length + failed.length + unwell.length === 0;
  const nothing = !running && quiet && endLook(now.run.status) !== "failed";
  return (
    <section class="happening" aria-labelledby="happening" hidden={nothing}>
      <h2 id="happening">{running || nothing ? "Now" : "What went wrong"}</h2>
      <section
        class="card"
        tabindex={running ? 0 : undefined}
        aria-label={running ? "Now, scrolls" : "What went wrong"}
      >
        <ul class="plain">
          {nothing ? <li class="check">The run has ended, and nothing went wrong.</li> : null}
          {running ? null : <Ending now={now} />}
          {[...asked].sort(openFirst).map((each) => (
            <Asked asked={each} links={links} clock={clock} />
          ))}
          {failed.map(({ repository, note }) => (
            <li class="check wrong">
              <h3>{repository} failed</h3>
              <p class="clamp">
                <bdi>{note ?? ""}</bdi>
              </p>
            </li>
          ))}
          {unwell.map((check) => (
            <li class="check wrong">
              <h3>Production: {check.name}</h3>
              <p>
                {check.summary} <SafeLink url={check.link} label={`Open ${check.name}`} />
              </p>
            </li>
          ))}
          {running ? <Moving timeline={timeline} /> : null}
          {running ? <Waiting now={now} links={links} clock={clock} /> : null}
        </ul>
      </section>
    </section>
  );
}

function unwellChecks(report: HealthReport | null): HealthReport["checks"] {
  return (report?.checks ?? []).filter(({ verdict }) => verdict === "failed" || verdict === "unknown");
}

function openFirst(one: AskedQuestion, other: AskedQuestion): number {
  return Number(one.decision !== null) - Number(other.decision !== null);
}

function Ending({ now: { run } }: { now: RunNow }) {
  if (endLook(run.status) !== "failed" || !run.reason) return null;
  return (
    <li class="check wrong">
      <h3>The run ended as {run.status}</h3>
      <p>
        <bdi>{run.reason}</bdi>
      </p>
    </li>
  );
}

function Asked({ asked, links, clock }: { asked: AskedQuestion; links: ConsoleLinks | null; clock: Clock }) {
  const { question, decision } = asked;
  const logs = links?.logsOf(question.step);
  return (
    <li class={`check ${decision ? "wrong" : "asks"}`}>
      <h3>{questionTitle(question)}</h3>
      <p class="clamp">
        <bdi>{question.reason}</bdi>
      </p>
      <p class="soft">
        {decision ? (
          <>
            {decision.via === "deadline" || decision.via === "run" ? "" : `${personOf(decision.by).name}: `}
            {answerInWords(question, decision.answer)}, {clock.at(decision.at)}.
          </>
        ) : (
          <>
            What now? Asked in Slack; without an answer until {clock.at(question.expiresAt)} it is decided
            without.
          </>
        )}{" "}
        {logs ? <a href={logs}>Logs of this step</a> : null}
      </p>
    </li>
  );
}

/** The states that are visited now, with what they are about. */
function Moving({ timeline }: { timeline: Timeline | null }) {
  const going = new Map<string, string[]>();
  for (const { name, bars } of timeline?.items ?? []) {
    const bar = bars.at(-1);
    if (bar && goesOn(bar)) going.set(bar.state, [...(going.get(bar.state) ?? []), name]);
  }
  const inner = going.size > 0;
  for (const { bars } of timeline?.states ?? []) {
    const bar = bars.at(-1);
    // A Map or Parallel is told by what goes on inside.
    if (bar && goesOn(bar) && !(inner && bar.look === "running"))
      going.set(bar.state, going.get(bar.state) ?? []);
  }
  if (going.size === 0) return null;
  return (
    <>
      {[...going].map(([state, items]) => (
        <li class="check now-moving">
          <h3>
            {stateTitle(state)}
            {items.length > 0 ? <span class="soft">: {list(items)}</span> : null}
          </h3>
        </li>
      ))}
    </>
  );
}

function goesOn({ to }: Bar): boolean {
  return to === null;
}

/** But for the answers to questions, which are told before. */
function Waiting({ now, links, clock }: { now: RunNow; links: ConsoleLinks | null; clock: Clock }) {
  const asked = new Set(now.questions.map(({ question }) => question.id));
  const shown = now.waits.flatMap((wait) => {
    if (wait.status !== "waiting" || wait.keys.some((key) => asked.has(questionOfKey(key) ?? ""))) return [];
    const words = wait.keys.map(keyInWords).filter((each) => each !== null);
    return words.length > 0 ? [{ wait, what: words.join(", or ") }] : [];
  });
  return (
    <>
      {shown.map(({ wait, what }) => (
        <li class="check now-moving">
          <p>
            Waits for {what}, since {clock.at(wait.firstRegisteredAt)}
            {wait.deadline ? `, until ${clock.at(wait.deadline)} at most` : ""}.{" "}
            <SafeLink url={codeBuildOf(wait, links)} label="Open the build" />
          </p>
        </li>
      ))}
    </>
  );
}

function codeBuildOf({ keys }: WaitRecord, links: ConsoleLinks | null): string | null {
  const [, build] = keys.map((key) => /^codebuild\/(.+)$/.exec(key)).find((each) => each !== null) ?? [];
  return build && links ? links.build(build.replaceAll("%2F", "/").replaceAll("%25", "%")) : null;
}
