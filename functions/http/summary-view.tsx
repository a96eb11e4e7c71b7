import type { Child } from "hono/jsx";
import { expectedEnd } from "../domain/expected-end.ts";
import type { HealthReport } from "../domain/health-report.ts";
import { type ObjectsPlan, stateOfObjects } from "../domain/objects-plan.ts";
import type { PlannedRepository, PromotionPlan } from "../domain/promotion-plan.ts";
import { timeOf } from "../domain/times.ts";
import { count, list } from "../domain/words.ts";
import { personOf } from "../facts.ts";
import { config } from "../runtime/config.ts";
import type { Run } from "../store/runs.ts";
import { VerdictPill } from "./report-view.tsx";

interface SummaryProps {
  run: Run;
  plan: PromotionPlan;
  objects: ObjectsPlan | null;
  staging: HealthReport | null;
  now: Date;
  /** What the person can do at once. */
  children?: Child;
}

/** The top of the page: all of it, down to the button, fits a phone's screen. */
export function Summary({ run, plan, objects, staging, now, children }: SummaryProps) {
  const { service, schedule } = config();
  const zone = schedule.timeZone;
  const end = expectedEnd(now.toISOString(), plan.expected.minutes, run.windowEnd);
  const active = plan.repositories.filter(isActive);
  const moves = active.filter((each) => each.action === "move");
  const commits = moves.reduce((sum, each) => sum + each.commits.length, 0);
  return (
    <section class="card" aria-labelledby="title">
      <h1 id="title">Deploy {service} to production?</h1>
      <p class="lead">{sentence(plan)}</p>
      <dl class="facts">
        <div>
          <dt>Staging</dt>
          <dd>
            <VerdictPill verdict={staging?.verdict ?? "unknown"} />
          </dd>
        </div>
        <div>
          <dt>Repositories</dt>
          <dd>
            {active.length} of {plan.repositories.length} <small>{count(commits, "commit")}</small>
          </dd>
        </div>
        <div>
          <dt>Done by about</dt>
          <dd>
            {timeOf(end.at, zone, now.toISOString())}
            <small>
              {end.late > 0 ? "after" : "in"} the window until{" "}
              {timeOf(run.windowEnd, zone, now.toISOString())}
            </small>
          </dd>
        </div>
        <div>
          <dt>On duty</dt>
          <dd>
            {dutyName(run)}
            {run.duty?.note ? <small>{run.duty.note}</small> : null}
          </dd>
        </div>
      </dl>
      <Warnings warnings={[...warningsOf(plan, staging, end.late), ...objectsWarnings(objects)]} />
      {children}
    </section>
  );
}

function isActive(repository: PlannedRepository): boolean {
  return repository.action === "move" || repository.action === "rebuild";
}

/** What an approval does, in one sentence. */
function sentence(plan: PromotionPlan): string {
  const moved = plan.repositories.filter((each) => each.action === "move").length;
  const rebuilt = plan.repositories.filter((each) => each.action === "rebuild").map((each) => each.name);
  const stableBranch = plan.branches.stable;
  const moves = moved > 0 ? [`moves ${stableBranch} of ${count(moved, "repository", "repositories")}`] : [];
  const rebuilds = rebuilt.length > 0 ? [`rebuilds ${list(rebuilt)}`] : [];
  return `Approving ${list([...moves, ...rebuilds, "rolls the new images out"])}.`;
}

function dutyName(run: Run): string {
  if (!run.duty) return "nobody known";
  const { login, how } = run.duty;
  const { name } = personOf(login);
  return how === "backup" ? `${name} (backup)` : name;
}

/** One short line each; the details stand with what they are about. */
function warningsOf(plan: PromotionPlan, staging: HealthReport | null, minutesLate: number): string[] {
  const failing = (staging?.checks ?? []).filter((each) => each.verdict !== "ok").map((each) => each.name);
  const migrating = plan.repositories.filter((each) => isActive(each) && each.migrations.length > 0);
  const diverged = plan.repositories.filter((each) => each.ownCommits.length > 0);
  const manual = plan.repositories.filter((each) => each.buildBy === "person");
  const names = (of: PlannedRepository[]) => list(of.map((each) => each.name));
  return [
    ...(staging ? [] : ["Staging was not inspected."]),
    ...(failing.length > 0 ? [`Look at staging: ${list(failing)}.`] : []),
    ...((plan.pins ?? []).length > 0
      ? [
          `${(plan.pins ?? []).map((each) => each.stream).join(", ")} stay as a rollback left them until this is approved, and then follow their tags again.`,
        ]
      : []),
    ...(migrating.length > 0
      ? [`${names(migrating)} migrates the database: no way back to old images.`]
      : []),
    ...(diverged.length > 0 ? [`${names(diverged)} diverged from ${plan.branches.main}.`] : []),
    ...(manual.length > 0 ? [`A person has to start the build of ${names(manual)}.`] : []),
    ...(minutesLate > 0 ? [`Ends about ${minutesLate} min after the window.`] : []),
  ];
}

function objectsWarnings(objects: ObjectsPlan | null): string[] {
  if (!objects || stateOfObjects(objects) !== "changed") return [];
  return ["Kubernetes objects changed: say below whether to apply them."];
}

function Warnings({ warnings }: { warnings: string[] }) {
  if (warnings.length === 0) return null;
  return (
    <ul class="note warning plain" aria-label="Warnings">
      {warnings.map((warning) => (
        <li>⚠️ {warning}</li>
      ))}
    </ul>
  );
}
