import type { Child } from "hono/jsx";
import type { PlannedRepository, PromotionPlan } from "../domain/promotion-plan.ts";
import type { Stage } from "../domain/step-words.ts";
import { count } from "../domain/words.ts";
import { config } from "../runtime/config.ts";
import type { RepositoryProgress } from "../store/runs.ts";
import type { WaitRecord } from "../store/waits.ts";
import { CommitLink, Commits } from "./commits-view.tsx";
import { compareUrl, short } from "./github-links.ts";
import { StagePill } from "./progress-view.tsx";
import { SafeLink } from "./safe-link.tsx";

interface ChainsProps {
  plan: PromotionPlan;
  progress: readonly RepositoryProgress[];
  waits: readonly WaitRecord[];
  /** The run has ended: no note needs its place kept any more. */
  over: boolean;
}

/** Every repository from its commit to its pods, with what each link of the chain rests on. */
export function ChainsView({ plan, progress, waits, over }: ChainsProps) {
  const known = new Map(progress.map((each) => [each.repository, each]));
  const shown = plan.repositories.filter(({ name, action }) => action !== "none" || known.has(name));
  const idle = plan.repositories.length - shown.length;
  return (
    <section class="chains" aria-labelledby="repositories">
      <h2 id="repositories">Repositories</h2>
      {shown.map((planned) => (
        <Repository planned={planned} progress={known.get(planned.name) ?? null} waits={waits} over={over} />
      ))}
      {idle > 0 ? (
        <p class="hint">{count(idle, "repository has", "repositories have")} nothing to do.</p>
      ) : null}
    </section>
  );
}

interface RepositoryProps {
  planned: PlannedRepository;
  progress: RepositoryProgress | null;
  waits: readonly WaitRecord[];
}

function Repository({ planned, progress, waits, over }: RepositoryProps & { over: boolean }) {
  const { name, action, from, to } = planned;
  const note = progress?.note ?? planned.reason ?? "";
  const stage = progress?.stage ?? (action === "leftOut" ? "leftOut" : "planned");
  return (
    <article class="card repository" aria-labelledby={`repository-${name}`}>
      <div class="line">
        <h3 id={`repository-${name}`}>{name}</h3>
        <StagePill stage={stage} />
        {action === "move" ? (
          <a
            href={compareUrl(name, from, to)}
            aria-label={`Compare ${short(from)} with ${short(to)} of ${name}`}
          >
            {count(planned.commits.length, "commit")}
          </a>
        ) : null}
      </div>
      {note || !over ? (
        <p class="remark">
          <bdi>{note}</bdi>
        </p>
      ) : null}
      {action === "leftOut" ? null : (
        <Chain planned={planned} progress={progress} stage={stage} waits={waits} />
      )}
      {planned.commits.length > 0 ? <Commits repository={planned} zone={config().schedule.timeZone} /> : null}
    </article>
  );
}

const order: readonly Stage[] = [
  "planned",
  "waiting",
  "moved",
  "rebuilding",
  "building",
  "built",
  "pushed",
  "imported",
  "deployed",
];

function Chain({ planned, progress, stage, waits }: RepositoryProps & { stage: Stage }) {
  const { name, action, from, to } = planned;
  const { buildRun, images = {} } = progress ?? {};
  const configured = config().repositories.find((each) => each.name === name)?.build?.images ?? [];
  const streams = configured.filter(({ stream }) => stream !== null);
  const reached = (wanted: Stage) => order.indexOf(stage) >= order.indexOf(wanted);
  const goal = action === "move" ? to : from;
  const moved = action === "rebuild" || reached("moved") || buildRun !== undefined;
  const library = configured.length === 0;
  const imported = Object.entries(images).filter(([, each]) => each.streamDigest);
  const built = buildRun?.conclusion === "success" || reached("built");
  return (
    <ol class="chain" aria-label={`${name} from commit to pod`}>
      <Link of="Commit" reached={moved}>
        <CommitLink repository={name} sha={goal} /> {action === "rebuild" ? "rebuilt" : ""}
      </Link>
      <Link of="Build" reached={built} broken={buildRun?.conclusion === "failure"}>
        {library ? "at Copr" : <BuildLink progress={progress} waits={waits} />}
      </Link>
      <Link of="Image" reached={Object.keys(images).length > 0}>
        {library ? "–" : <Digests images={images} />}
      </Link>
      <Link of="Stream" reached={imported.length > 0 && imported.length >= streams.length}>
        {streams.length === 0
          ? "–"
          : imported.length > 0
            ? imported.map(([image, { digest, streamDigest = "" }]) => (
                <div>
                  {streams.find((each) => each.name === image)?.stream ?? image}{" "}
                  {streamDigest === digest ? "holds it" : <code>{shortDigest(streamDigest)}</code>}
                </div>
              ))
            : "not yet"}
      </Link>
      <Link of="Pods" reached={stage === "deployed"}>
        {stage === "deployed" ? "run it" : library ? "–" : "not yet"}
      </Link>
    </ol>
  );
}

function Link(props: { of: string; reached: boolean; broken?: boolean; children?: Child }) {
  const { of, reached, broken = false, children } = props;
  return (
    <li class={broken ? "broken" : reached ? "reached" : undefined}>
      <span class="link">{of}</span>
      <div>{children}</div>
    </li>
  );
}

function BuildLink({
  progress,
  waits,
}: {
  progress: RepositoryProgress | null;
  waits: readonly WaitRecord[];
}) {
  const { buildRun, repository = "" } = progress ?? {};
  if (!buildRun) return <>not yet</>;
  const { id, attempt, url, conclusion } = buildRun;
  const label = `${id}${attempt > 1 ? `, attempt ${attempt}` : ""}`;
  const wait = waits.find((each) => each.id.endsWith(`/AwaitBuild/${repository}`));
  const by = wait?.resumedBy && { signal: "told by webhook", recheck: "found by asking" }[wait.resumedBy];
  return (
    <>
      <SafeLink url={url} label={label} /> {conclusion ?? "under way"}
      {by && conclusion ? <span class="soft">, {by}</span> : null}
    </>
  );
}

function Digests({ images }: { images: NonNullable<RepositoryProgress["images"]> }) {
  const { apiUrl, namespace } = config().quay;
  const entries = Object.entries(images);
  if (entries.length === 0) return <>not yet</>;
  return (
    <>
      {entries.map(([image, { digest }]) => (
        <div>
          <a
            href={`${apiUrl}/repository/${encodeURIComponent(namespace)}/${encodeURIComponent(image)}/manifest/${encodeURIComponent(digest)}`}
          >
            {image} <code>{shortDigest(digest)}</code>
          </a>
        </div>
      ))}
    </>
  );
}

function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 10);
}
