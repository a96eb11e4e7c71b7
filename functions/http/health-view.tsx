import type { HealthCheck, HealthReport } from "../domain/health-report.ts";
import { VerdictPill } from "./report-view.tsx";
import type { Clock } from "./run-clock.ts";
import { SafeLink } from "./safe-link.tsx";

interface HealthProps {
  before: HealthReport | null;
  after: HealthReport | null;
  staging: HealthReport | null;
  clock: Clock;
}

/** Production before and after, side by side, and staging, which the approval rested on. */
export function HealthView({ before, after, staging, clock }: HealthProps) {
  const columns = [
    { title: "Staging", report: staging },
    { title: "Production before", report: before },
    { title: "Production after", report: after },
  ];
  const checks = new Map(
    columns.flatMap(({ report }) => (report?.checks ?? []).map((check) => [check.id, check.name] as const)),
  );
  return (
    <section class="health" aria-labelledby="health">
      <h2 id="health">Health</h2>
      <div class="card table">
        <table class="stack">
          <thead>
            <tr>
              <th scope="col">Check</th>
              {columns.map(({ title }) => (
                <th scope="col">{title}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">All together</th>
              {columns.map(({ title, report }) => (
                <td data-of={title}>
                  {report ? (
                    <>
                      <VerdictPill verdict={report.verdict} /> <small>{clock.at(report.takenAt)}</small>
                    </>
                  ) : (
                    <span class="soft">not looked at</span>
                  )}
                </td>
              ))}
            </tr>
            {[...checks].map(([id, name]) => (
              <tr>
                <th scope="row">{name}</th>
                {columns.map(({ title, report }) => (
                  <Cell of={title} check={report?.checks.find((each) => each.id === id) ?? null} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Cell({ of, check }: { of: string; check: HealthCheck | null }) {
  if (!check) return <td data-of={of}>–</td>;
  return (
    <td data-of={of}>
      <VerdictPill verdict={check.verdict} />
      <small>
        {check.summary} <SafeLink url={check.link} label={`Open ${check.name} of ${of.toLowerCase()}`} />
      </small>
    </td>
  );
}
