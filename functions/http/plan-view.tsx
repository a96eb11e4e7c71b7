import type { PlannedRepository, PromotionPlan } from "../domain/promotion-plan.ts";
import { count, list } from "../domain/words.ts";
import { type Chosen, RepositoryChoices } from "./choices-view.tsx";
import { CommitLink, Commits, Divergence } from "./commits-view.tsx";
import { compareUrl, short } from "./github-links.ts";

const badges: Record<PlannedRepository["action"], string> = {
  move: "Moves",
  rebuild: "Rebuilt",
  none: "Nothing to do",
  leftOut: "Left out",
};

interface PlanProps {
  plan: PromotionPlan;
  zone: string;
  /** What the person has chosen so far; null: nothing can be chosen any more. */
  chosen: Chosen | null;
}

/** What happens to each repository, in the order of the plan, and what could be chosen instead. */
export function PlanView({ plan, zone, chosen }: PlanProps) {
  const shown = plan.repositories.filter((each) => each.action !== "none");
  const idle = plan.repositories.filter((each) => each.action === "none");
  return (
    <section aria-labelledby="plan">
      <h2 id="plan">{chosen ? "Plan" : "The plan that was shown"}</h2>
      {plan.waves.length > 1 ? <Order waves={plan.waves} /> : null}
      {shown.map((repository) => (
        <Repository repository={repository} plan={plan} zone={zone} chosen={chosen} />
      ))}
      {idle.length > 0 ? (
        <div class="card">
          <h3>Nothing to do</h3>
          <ul>
            {idle.map((each) => (
              <li>
                {each.name}
                {each.reason ? <span class="soft">: {each.reason}</span> : null}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </section>
  );
}

function Order({ waves }: { waves: string[][] }) {
  return (
    <ol class="waves" aria-label="Order">
      {waves.map((wave) => (
        <li>{list(wave)}</li>
      ))}
    </ol>
  );
}

interface RepositoryProps {
  repository: PlannedRepository;
  plan: PromotionPlan;
  zone: string;
  chosen: Chosen | null;
}

function Repository({ repository, plan, zone, chosen }: RepositoryProps) {
  const { name, action, commits, ownCommits, waitsFor, migrations } = repository;
  return (
    <article class="card repository" aria-labelledby={`name-${name}`}>
      <div class="line">
        <h3 id={`name-${name}`}>{name}</h3>
        <span class={`pill ${action === "leftOut" ? "warning" : "action"}`}>{badges[action]}</span>
        <Way repository={repository} />
      </div>
      <Reason repository={repository} />
      {waitsFor.length > 0 && action !== "leftOut" ? (
        <p class="soft">Waits {waitsInWords(waitsFor)}.</p>
      ) : null}
      {migrations.length > 0 ? <Migrations files={migrations} /> : null}
      {ownCommits.length > 0 ? <Divergence repository={repository} branches={plan.branches} /> : null}
      {repository.changesWorkflows ? (
        <p class="soft">Changes workflow files: the move needs the permission “workflows: write”.</p>
      ) : null}
      {commits.length > 0 ? <Commits repository={repository} zone={zone} /> : null}
      {chosen ? <RepositoryChoices plan={plan} repository={repository} chosen={chosen} zone={zone} /> : null}
    </article>
  );
}

/** From where to where the stable branch goes. */
function Way({ repository }: { repository: PlannedRepository }) {
  const { name, action, from, to, commits } = repository;
  if (action !== "move") {
    return (
      <span>
        stays at <CommitLink repository={name} sha={from} />
      </span>
    );
  }
  return (
    <span>
      <a
        href={compareUrl(name, from, to)}
        aria-label={`${short(from)} → ${short(to)} of ${name}, compared on GitHub`}
      >
        <code>{short(from)}</code> → <code>{short(to)}</code>
      </a>
      <span class="soft"> · {count(commits.length, "commit")}</span>
    </span>
  );
}

function Reason({ repository }: { repository: PlannedRepository }) {
  const { action, reason, buildBy } = repository;
  if (!reason) return null;
  const label = { move: "Note", rebuild: "Rebuilt", leftOut: "Left out", none: "" }[action];
  const text = `${label}: ${reason}.`;
  return buildBy === "person" ? <p class="note warning">⚠️ {text}</p> : <p>{text}</p>;
}

function waitsInWords(waitsFor: PlannedRepository["waitsFor"]): string {
  const of = (until: "rpm" | "moved") =>
    waitsFor.filter((each) => each.until === until).map((each) => each.repository);
  const rpms = of("rpm");
  const moves = of("moved");
  return [
    ...(rpms.length > 0 ? [`for the ${rpms.length === 1 ? "RPM" : "RPMs"} of ${list(rpms)}`] : []),
    ...(moves.length > 0 ? [`until ${list(moves)} ${moves.length === 1 ? "has" : "have"} moved`] : []),
  ].join(" and ");
}

function Migrations({ files }: { files: string[] }) {
  return (
    <div class="note warning">
      ⚠️ {count(files.length, "database migration")}. Going back to the images of before will not work once{" "}
      {files.length === 1 ? "it has" : "they have"} run.
      <ul>
        {files.map((file) => (
          <li>
            <code>{file}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}
