import type { PlannedRepository } from "../domain/promotion-plan.ts";
import { type Stage, stageInWords } from "../domain/step-words.ts";
import type { RepositoryProgress } from "../store/runs.ts";
import { Commits } from "./commits-view.tsx";
import { compareUrl, short } from "./github-links.ts";
import { SafeLink } from "./safe-link.tsx";

interface NowProps {
  progress: RepositoryProgress;
  /** What the approved plan says of it. */
  planned: PlannedRepository | null;
  zone: string;
}

/** How far one repository is, with what it brings and where its build is. */
export function RepositoryNow({ progress, planned, zone }: NowProps) {
  const { repository: name, stage, note, buildRun } = progress;
  const build = buildRun && `Build ${buildRun.id}${buildRun.conclusion ? `, ${buildRun.conclusion}` : ""}`;
  return (
    <article class="card repository" aria-labelledby={`now-${name}`}>
      <div class="line">
        <h3 id={`now-${name}`}>{name}</h3>
        <StagePill stage={stage} />
        {planned?.action === "move" ? (
          <a
            href={compareUrl(name, planned.from, planned.to)}
            aria-label={`${short(planned.from)} → ${short(planned.to)} of ${name}, compared on GitHub`}
          >
            <code>{short(planned.from)}</code> → <code>{short(planned.to)}</code>
          </a>
        ) : null}
        {buildRun && build ? <SafeLink url={buildRun.url} label={build} /> : null}
      </div>
      {note ? (
        <p class="soft reason">
          <bdi>{note}</bdi>
        </p>
      ) : null}
      {planned && planned.commits.length > 0 ? <Commits repository={planned} zone={zone} /> : null}
    </article>
  );
}

const looks: Partial<Record<Stage, string>> = { failed: "failed", leftOut: "warning", deployed: "ok" };

export function StagePill({ stage }: { stage: Stage }) {
  return (
    <span class={`pill ${looks[stage] ?? (stage === "planned" ? "" : "action")}`}>{stageInWords(stage)}</span>
  );
}
