import { z } from "zod";
import { githubPullKey } from "../domain/keys.ts";
import { config } from "../runtime/config.ts";
import { log } from "../runtime/logger.ts";
import { waits } from "../waits.ts";
import { Refusal } from "./errors.ts";

/**
 * GitHub's events about pull requests, of which those of posts matter (https://docs.github.com/webhooks/webhook-events-and-payloads).
 * Only that something happened is taken from them: what it is, the step that is resumed reads from GitHub.
 */

const repository = z.object({ name: z.string().min(1), owner: z.object({ login: z.string().min(1) }) });
const pull = z.object({
  number: z.number().int().positive(),
  updated_at: z.string(),
  head: z.object({
    ref: z.string().min(1),
    /** Null: the fork that it came from is gone. */
    repo: z.object({ name: z.string(), owner: z.object({ login: z.string() }) }).nullable(),
  }),
});

const events = {
  pull_request: z.object({ action: z.string(), repository, pull_request: pull }),
  pull_request_review: z.object({
    action: z.string(),
    repository,
    pull_request: pull,
    review: z.object({ id: z.number(), state: z.string(), submitted_at: z.string().nullish() }),
  }),
  check_suite: z.object({
    action: z.string(),
    repository,
    check_suite: z.object({
      id: z.number(),
      head_branch: z.string().nullable(),
      head_sha: z.string(),
      conclusion: z.string().nullish(),
      updated_at: z.string(),
    }),
  }),
};

type PullEvent = keyof typeof events;

export const pullEvents = Object.keys(events) as PullEvent[];

export function isPullEvent(event: string | undefined): event is PullEvent {
  return event !== undefined && Object.hasOwn(events, event);
}

/** @throws Refusal when the event has another shape than GitHub documents. */
export async function signalPull(
  event: PullEvent,
  payload: unknown,
  delivery: string | undefined,
): Promise<void> {
  const found = read(event, payload);
  if (!found || !isOfPosts(found)) return;
  const { owner, name, branch, id } = found;
  const key = githubPullKey({ owner, repository: name, branch });
  const { stored, resumed } = await waits().signal({ key, id, origin: "signal", body: { event } });
  log("webhook.pull-request", { key, delivery, event, stored, resumed });
}

interface Happened {
  owner: string;
  name: string;
  /** Of this repository. */
  branch: string;
  /** Of what happened, however often it is delivered. */
  id: string;
}

function isOfPosts({ owner, name, branch }: Happened): boolean {
  const { github, post, news } = config();
  const sameOwner = owner.toLowerCase() === github.owner.toLowerCase();
  const sameName = name.toLowerCase() === post.repository.toLowerCase();
  return sameOwner && sameName && news !== null && branch.startsWith(news.branchPrefix);
}

/** Null: it is about no branch of this repository. */
function read(event: PullEvent, payload: unknown): Happened | null {
  if (event === "check_suite") {
    const { repository: at, check_suite: suite, action } = parse(events.check_suite, payload);
    if (!suite.head_branch || action !== "completed") return null;
    return {
      owner: at.owner.login,
      name: at.name,
      branch: suite.head_branch,
      id: `suite/${suite.id}/${suite.conclusion ?? ""}/${suite.updated_at}`,
    };
  }
  const schema = events[event];
  const { repository: at, pull_request: about, action, ...rest } = parse(schema, payload);
  const { repo, ref: branch } = about.head;
  // A stranger's fork may have a branch of the same name.
  if (repo?.owner.login !== at.owner.login || repo.name !== at.name) return null;
  const review = "review" in rest ? rest.review : null;
  const what = review
    ? `review/${review.id}/${action}/${review.state}/${review.submitted_at ?? ""}`
    : `pull/${about.number}/${action}/${about.updated_at}`;
  return { owner: at.owner.login, name: at.name, branch, id: what };
}

function parse<S extends z.ZodType>(schema: S, payload: unknown): z.output<S> {
  const result = schema.safeParse(payload);
  if (!result.success) throw new Refusal(400, "shape");
  return result.data;
}
