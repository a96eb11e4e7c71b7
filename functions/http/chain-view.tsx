import type { Child } from "hono/jsx";
import type { PlannedRepository, PromotionPlan } from "../domain/promotion-plan.ts";
import type { Stage } from "../domain/step-words.ts";
import { count } from "../domain/words.ts";
import { config } from "../runtime/config.ts";
import type { RepositoryProgress } from "../store/runs.ts";
import type { WaitRecord } from "../store/waits.ts";
import { CommitLink, Commits } from "./commits-view.tsx";
import { compareUrl } from "./github-links.ts";
import { StagePill } from "./progress-view.tsx";
import { SafeLink } from "./safe-link.tsx";

interface ChainsProps {
  plan: PromotionPlan;
  progress: readonly RepositoryProgress[];
  waits: readonly WaitRecord[];
}

/** Every repository from its commit to its pods, with what each link of the chain rests on. */
export function ChainsView({ plan, progress, waits }: ChainsProps) {
  const known = new Map(progress.map((each) => [each.repository, each]));
  const shown = plan.repositories.filter(({ name, action }) => action !== "none" || known.has(name));
  const idle = plan.repositories.length - shown.length;
  return (
    <section class="chains" aria-labelledby="repositories">
      <h2 id="repositories">Repositories</h2>
      {shown.map((planned) => (
        <Repository planned={planned} progress={known.get(planned.name) ?? null} waits={waits} />
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

function Repository({ planned, progress, waits }: RepositoryProps) {
  const { name, action, from, to } = planned;
  const note = progress?.note ?? planned.reason;
  const stage = progress?.stage ?? (action === "leftOut" ? "leftOut" : "planned");
  return (
    <article class="card repository" aria-labelledby={`repository-${name}`}>
      <div class="line">
        <h3 id={`repository-${name}`}>{name}</h3>
        {action === "move" ? (
          <a
            href={compareUrl(name, from, to)}
            aria-label={`${count(planned.commits.length, "commit")} of ${name}, compared on GitHub`}
          >
            {count(planned.commits.length, "commit")}
          </a>
        ) : null}
      </div>
      <p class="remark">
        <StagePill stage={stage} />
        {note ? (
          <>
            {" "}
            <bdi>{note}</bdi>
          </>
        ) : null}
      </p>
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

/** What is not there yet has its line already, so that nothing moves when it comes. */
function Chain({ planned, progress, stage, waits }: RepositoryProps & { stage: Stage }) {
  const { name, action, from, to } = planned;
  const { buildRun, images = {} } = progress ?? {};
  const configured = config().repositories.find((each) => each.name === name)?.build?.images ?? [];
  const streams = configured.flatMap(({ name: image, stream }) => (stream ? [{ image, stream }] : []));
  const reached = (wanted: Stage) => order.indexOf(stage) >= order.indexOf(wanted);
  const library = configured.length === 0;
  return (
    <ol class="chain" aria-label={`${name} from commit to pod`}>
      <Link of="Commit" reached={action === "rebuild" || reached("moved") || buildRun !== undefined}>
        <CommitLink repository={name} sha={action === "move" ? to : from} />
        {action === "rebuild" ? " rebuilt" : ""}
      </Link>
      <Link
        of="Build"
        reached={buildRun?.conclusion === "success" || reached("built")}
        broken={buildRun?.conclusion === "failure"}
        state={buildRun && `${buildRun.id}/${buildRun.attempt} ${buildRun.conclusion}`}
      >
        {library ? "at Copr" : <BuildLink progress={progress} waits={waits} />}
      </Link>
      <Link of="Image" reached={!library && configured.every((each) => images[each.name])}>
        {library
          ? "–"
          : configured.map((each) => <ImageLink image={each.name} digest={images[each.name]?.digest} />)}
      </Link>
      <Link
        of="Stream"
        reached={streams.length > 0 && streams.every(({ image }) => images[image]?.streamDigest)}
      >
        {streams.length === 0
          ? "–"
          : streams.map(({ image, stream }) => <StreamLine stream={stream} held={images[image]} />)}
      </Link>
      <Link of="Pods" reached={stage === "deployed"}>
        {stage === "deployed" ? "run it" : library ? "–" : "not yet"}
      </Link>
    </ol>
  );
}

interface LinkProps {
  of: string;
  reached: boolean;
  broken?: boolean;
  /** What of it changes as a whole: the page's script then puts the new in the old one's place. */
  state?: string;
  children?: Child;
}

function Link({ of, reached, broken = false, state, children }: LinkProps) {
  return (
    <li class={broken ? "broken" : reached ? "reached" : undefined}>
      <span class="link">{of}</span>
      <div data-state={state}>{children}</div>
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
  const by = wait?.resumedBy && { signal: "by webhook", recheck: "by asking" }[wait.resumedBy];
  return (
    <>
      <SafeLink url={url} label={label} /> {conclusion ?? "under way"}
      {by && conclusion ? <span class="soft"> ({by})</span> : null}
    </>
  );
}

function ImageLink({ image, digest }: { image: string; digest: string | undefined }) {
  const { apiUrl, namespace } = config().quay;
  if (!digest) return <div>{image}: not yet</div>;
  const path = [namespace, image, "manifest", digest].map(encodeURIComponent).join("/");
  return (
    <div>
      <a href={`${apiUrl}/repository/${path}`}>
        {image} <code>{shortDigest(digest)}</code>
      </a>
    </div>
  );
}

function StreamLine(props: { stream: string; held?: { digest: string; streamDigest?: string } }) {
  const { stream, held: { digest, streamDigest } = { digest: "" } } = props;
  if (!streamDigest) return <div>{stream}: not yet</div>;
  if (streamDigest === digest) return <div>{stream} holds it</div>;
  // Of several architectures the stream holds one.
  return (
    <div>
      {stream} <code>{shortDigest(streamDigest)}</code>
    </div>
  );
}

function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 10);
}
