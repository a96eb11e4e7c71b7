import { cleanupSummary, going, recovery, spaceInWords, spaceMeaning } from "../domain/cleanup-messages.ts";
import {
  type CleanupImage,
  type CleanupPlan,
  goes,
  keepReasons,
  keptInWords,
} from "../domain/cleanup-plan.ts";
import { type Decision, MAX_COMMENT } from "../domain/decision.ts";
import type { JudgedTag } from "../domain/registry-cleanup.ts";
import { bytesInWords } from "../domain/registry-space.ts";
import { dayOf, timeOf } from "../domain/times.ts";
import { count, list } from "../domain/words.ts";
import { personOf } from "../facts.ts";
import { config, type Person } from "../runtime/config.ts";
import type { Run } from "../store/runs.ts";
import { KeyboardDefault, Problems } from "./form-parts.tsx";
import { Layout } from "./layout.tsx";

/** What a person filled in that was not accepted, and why. */
export interface CleanupRefill {
  problems: string[];
  comment: string;
}

interface Shown {
  run: Run;
  person: Person;
  now: Date;
  /** Image → its tags. */
  tags: Record<string, JudgedTag[]>;
}

/** A page is at most 6 MB: of more tags than this, an image tells the number. */
const mostListed = 3000;

/** What would go, what stays and why, and the answer. */
export function CleanupPage(
  props: Shown & {
    plan: CleanupPlan;
    /** The personal link's token, which the form sends back. */
    token: string;
    refill: CleanupRefill | null;
  },
) {
  const { run, plan, tags, person, token, now, refill } = props;
  const zone = config().schedule.timeZone;
  const until = timeOf(run.windowEnd, zone, now.toISOString());
  return (
    <Layout
      title="May old images go?"
      about={`${run.id} · link for ${person.name}`}
      skipTo={{ id: "answers", label: "Go to the answers" }}
    >
      <form method="post" action="/cleanup" autocomplete="off" novalidate>
        <input type="hidden" name="token" value={token} />
        <KeyboardDefault name="answer" />
        {refill ? <Problems problems={refill.problems} /> : null}
        <section class="card" aria-labelledby="title">
          <h1 id="title">May old images at Quay go?</h1>
          <p class="lead">{cleanupSummary(plan)}</p>
          <Notes plan={plan} />
          <div id="answers" class="answers" tabindex={-1}>
            <div>
              <button type="submit" name="answer" value="approve" class="stop">
                Delete {count(going(plan), "tag")}
              </button>
              <p class="hint">
                Exactly those below; what changes or comes into use meanwhile stays. {recovery}
              </p>
            </div>
            <div>
              <button type="submit" name="answer" value="reject">
                Keep all
              </button>
              <p class="hint">Nothing is deleted. The next cleanup asks again.</p>
            </div>
            <details open={(refill?.comment ?? "") !== ""}>
              <summary>Add a comment</summary>
              <label for="comment">Goes with the answer that you press</label>
              <textarea id="comment" name="comment" rows={2} maxlength={MAX_COMMENT}>
                {refill?.comment ?? ""}
              </textarea>
            </details>
          </div>
          <p class="hint last">
            The first answer of any approver counts, and is stored with your name.{" "}
            <strong>Until {until}.</strong> Without an answer everything stays.
          </p>
        </section>
      </form>
      <Plan plan={plan} tags={tags} zone={zone} />
    </Layout>
  );
}

/** Who decided what: what a link shows from the decision on. */
export function CleanupOutcomePage(
  props: Shown & {
    /** Null when it was planned again since. */
    plan: CleanupPlan | null;
    decision: Decision;
    /** The person has just sent an answer that came too late. */
    late: boolean;
  },
) {
  const { run, plan, tags, decision, person, now, late } = props;
  const zone = config().schedule.timeZone;
  const by = personOf(decision.by).name;
  const title = {
    approve: `Approved by ${by}`,
    reject: `Declined by ${by}`,
    postpone: `Postponed by ${by}`,
    expired: "Nobody answered in time",
  }[decision.answer];
  const meaning =
    decision.answer === "approve"
      ? "The tags are deleted one after the other, and the channel is told how it ends."
      : "Nothing is deleted. The next cleanup asks again.";
  return (
    <Layout title={title} about={`${run.id} · link for ${person.name}`}>
      <section class="card" aria-labelledby="title">
        {late ? (
          <p class="note warning" role="alert">
            Your answer came second and changes nothing: {by} was first.
          </p>
        ) : null}
        <h1 id="title">{title}</h1>
        <p class="lead">{timeOf(decision.at, zone, now.toISOString())}</p>
        <p>{meaning}</p>
        {decision.comment ? (
          <p>
            Comment: <bdi>{decision.comment}</bdi>
          </p>
        ) : null}
      </section>
      {plan ? <Plan plan={plan} tags={tags} zone={zone} /> : null}
    </Layout>
  );
}

function Notes({ plan }: { plan: CleanupPlan }) {
  const notes = [
    ...plan.unread.map(({ image, error }) => `${image} could not be read (${error}): nothing of it goes.`),
    ...(plan.notifications.length > 0
      ? [
          `Quay had switched off the notifications of ${list(plan.notifications)} after failures. They are on again.`,
        ]
      : []),
  ];
  if (notes.length === 0) return null;
  return (
    <ul class="note warning plain" aria-label="Warnings">
      {notes.map((note) => (
        <li>⚠️ {note}</li>
      ))}
    </ul>
  );
}

function Plan({ plan, tags, zone }: { plan: CleanupPlan; tags: Shown["tags"]; zone: string }) {
  const rules = plan.rules.map(({ tags: pattern, keep }) => `${pattern}: the newest ${keep}`);
  return (
    <section aria-labelledby="plan">
      <h2 id="plan">The plan</h2>
      <div class="card">
        <p>
          {plan.space ? `${spaceInWords(plan.space)} would be free. ` : null}
          {spaceMeaning(plan.space)}
        </p>
        <p class="soft">
          By the rules {rules.join(", ")}; nothing younger than {plan.keepDays} days. The first rule that a
          tag matches counts, and a tag that matches none stays.
        </p>
      </div>
      {plan.images.map((image) => (
        <Image image={image} tags={tags[image.image] ?? []} zone={zone} />
      ))}
    </section>
  );
}

function Image({ image, tags, zone }: { image: CleanupImage; tags: JudgedTag[]; zone: string }) {
  const { image: name, goes: number, space } = image;
  const leaving = tags.filter(goes);
  return (
    <div class="card repository">
      <div class="line">
        <h3 class="id">{name}</h3>
        <span class={`pill ${number > 0 ? "warning" : "ok"}`}>
          {number} of {count(image.tags, "tag")} go
        </span>
        {space ? (
          <span class="soft">
            {bytesInWords(space.freed)} of {bytesInWords(space.bytes)}
          </span>
        ) : null}
      </div>
      {leaving.length > 0 ? (
        <Tags summary={`What goes: ${count(number, "tag")}`} tags={leaving} zone={zone} open />
      ) : null}
      {keepReasons.map((reason) => {
        const kept = tags.filter((each) => each.keptBecause === reason);
        if (kept.length === 0) return null;
        return <Tags summary={`Stay, ${keptInWords(reason)}: ${kept.length}`} tags={kept} zone={zone} />;
      })}
    </div>
  );
}

function Tags(props: { summary: string; tags: JudgedTag[]; zone: string; open?: boolean }) {
  const { summary, tags, zone, open = false } = props;
  return (
    <details open={open}>
      <summary>{summary}</summary>
      <ul class="evidence">
        {tags.slice(0, mostListed).map(({ name, startedAt }) => (
          <li>
            <code>{name}</code> {dayOf(startedAt, zone)} {startedAt.slice(0, 4)}
          </li>
        ))}
      </ul>
      {tags.length > mostListed ? <p class="soft">… and {tags.length - mostListed} more</p> : null}
    </details>
  );
}
