import type { HealthCheck, HealthReport, Verdict } from "../domain/health-report.ts";
import { timeOf } from "../domain/times.ts";
import { SafeLink } from "./safe-link.tsx";

const words: Record<Verdict, string> = {
  ok: "Healthy",
  warning: "Warning",
  unknown: "Unknown",
  failed: "Failed",
};

export function VerdictPill({ verdict }: { verdict: Verdict }) {
  return <span class={`pill ${verdict}`}>{words[verdict]}</span>;
}

interface ReportProps {
  report: HealthReport | null;
  zone: string;
  now: Date;
}

/** What the inspection of staging found, worst first, each check with what it rests on. */
export function ReportView({ report, zone, now }: ReportProps) {
  return (
    <section aria-labelledby="staging">
      <h2 id="staging">Staging</h2>
      <div class="card">
        {report ? (
          <>
            <ul class="plain">
              {worstFirst(report.checks).map((check) => (
                <Check check={check} />
              ))}
            </ul>
            <p class="hint last">Looked at {timeOf(report.takenAt, zone, now.toISOString())}.</p>
          </>
        ) : (
          <p>Staging was not inspected: nothing is known about its health.</p>
        )}
      </div>
    </section>
  );
}

const order: readonly Verdict[] = ["failed", "unknown", "warning", "ok"];

function worstFirst(checks: readonly HealthCheck[]): HealthCheck[] {
  return checks.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
}

function Check({ check }: { check: HealthCheck }) {
  const links = new Map(check.problems.map((each) => [each.text, each.link]));
  return (
    <li class="check">
      <div class="line">
        <h3>{check.name}</h3>
        <VerdictPill verdict={check.verdict} />
      </div>
      <p>
        <bdi>{check.summary}</bdi> <SafeLink url={check.link} label={`Open ${check.name}`} />
      </p>
      {check.evidence.length > 0 ? (
        <details>
          <summary>Evidence of {check.name}</summary>
          <ul class="evidence">
            {check.evidence.map((line) => (
              <li>
                <bdi>{line}</bdi> <SafeLink url={links.get(line) ?? null} label="Open" />
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </li>
  );
}
