import { z } from "zod";
import type { WorldContext } from "../context.ts";
import type { Backend } from "./backend.ts";
import { squash } from "./pull-merge.ts";
import {
  formatCheckRun,
  formatComment,
  formatPull,
  formatReview,
  type PullFormat,
  type PullRecord,
  type PullStore,
  type ReviewVerdict,
} from "./pull-records.ts";
import type { ProxyRequest, Reply } from "./server.ts";
import type { Webhooks } from "./webhooks.ts";

/**
 * The pull requests of the site's repository, with their reviews, comments, checks and merges, and the webhooks about them. A
 * protected branch takes what somebody of the team approved as it is, once its check has passed.
 */
export interface Reviews {
  /** Null: no request of this API. */
  answer(request: ProxyRequest): Promise<Reply | null>;
  /** A branch moved: its open pull request follows, and is checked anew. */
  pushed(repository: string, branch: string, after: string): void;
  review(
    repository: string,
    number: number,
    review: { reviewer: string; state: ReviewVerdict },
  ): Promise<void>;
  /** A person closes it. */
  close(repository: string, number: number): Promise<void>;
  /** A person merges it. @throws Error when the branch's rules forbid it. */
  mergeNow(repository: string, number: number): Promise<void>;
  /** Goes on with the checks that an earlier life began. */
  resume(): void;
}

export interface ReviewsOptions {
  ctx: WorldContext;
  backend: Backend;
  pulls: PullStore;
  format: PullFormat;
  webhooks: Webhooks;
}

/** Minutes that the site's check takes. */
const checkMinutes = 3;

const newPull = z.object({
  title: z.string().min(1),
  head: z.string(),
  base: z.string(),
  body: z.string().nullish(),
});
const pullChange = z.object({
  title: z.string().optional(),
  body: z.string().optional(),
  state: z.enum(["open", "closed"]).optional(),
});
const mergeRequest = z.object({ sha: z.string().optional(), commit_title: z.string().optional() });
const comment = z.object({ body: z.string().min(1) });

const notFound: Reply = { status: 404, body: { message: "Not Found" } };

export function createReviews({ ctx, backend, pulls, format, webhooks }: ReviewsOptions): Reviews {
  const { config } = ctx;
  const site = `${config.github.owner}/${config.post.repository}`;
  const headOf = (repository: string, branch: string) =>
    backend.mirror.refs(repository).get(`refs/heads/${branch}`) ?? null;

  async function answer({ method, url, text }: ProxyRequest): Promise<Reply | null> {
    const [, repository, rest = ""] = /^\/repos\/([^/]+\/[^/]+)\/(.+)$/.exec(url.pathname) ?? [];
    if (repository !== site) return null;
    const body: unknown = text === "" ? {} : JSON.parse(text);
    if (rest === "pulls") {
      return method === "POST" ? await openPull(repository, body) : list(repository, url.searchParams);
    }
    const [, sha, what] = /^commits\/([0-9a-f]{40})\/(check-runs|status)$/.exec(rest) ?? [];
    if (sha) return what === "status" ? noStatus(sha) : checkRuns(repository, sha);
    const [, commentId] = /^issues\/comments\/(\d+)$/.exec(rest) ?? [];
    if (commentId && method === "PATCH") return changeComment(repository, Number(commentId), body);
    const [, kind, number, verb = ""] = /^(pulls|issues)\/(\d+)(?:\/(\w+))?$/.exec(rest) ?? [];
    const pull = number ? pulls.get(repository, Number(number)) : null;
    if (!pull) return null;
    return kind === "pulls"
      ? await answerPull(method, verb, pull, body)
      : answerIssue(method, verb, pull, body);
  }

  async function answerPull(method: string, verb: string, pull: PullRecord, body: unknown): Promise<Reply> {
    if (verb === "" && method === "GET") return { status: 200, body: formatPull(format, pull) };
    if (verb === "" && method === "PATCH") return await change(pull, body);
    if (verb === "reviews" && method === "GET") {
      return { status: 200, body: pull.reviews.map((each) => formatReview(format, pull, each)) };
    }
    if (verb === "merge" && method === "PUT") return await backend.exclusively(() => merge(pull, body));
    return notFound;
  }

  function answerIssue(method: string, verb: string, pull: PullRecord, body: unknown): Reply {
    if (verb !== "comments") return notFound;
    if (method === "GET") {
      return { status: 200, body: pull.comments.map((each) => formatComment(format, each)) };
    }
    const added = {
      id: pulls.nextId(),
      author: null,
      body: comment.parse(body).body,
      at: new Date().toISOString(),
    };
    pulls.update(pull, { comments: [...pull.comments, added] });
    return { status: 201, body: formatComment(format, added) };
  }

  function changeComment(repository: string, id: number, body: unknown): Reply | null {
    const pull = pulls.list(repository).find(({ comments }) => comments.some((each) => each.id === id));
    if (!pull) return null;
    const text = comment.parse(body).body;
    const comments = pull.comments.map((each) => (each.id === id ? { ...each, body: text } : each));
    pulls.update(pull, { comments });
    const changed = comments.find((each) => each.id === id);
    return changed ? { status: 200, body: formatComment(format, changed) } : notFound;
  }

  async function openPull(repository: string, body: unknown): Promise<Reply> {
    const asked = newPull.parse(body);
    const head = headOf(repository, asked.head);
    if (!head || !headOf(repository, asked.base)) {
      return { status: 422, body: { message: "Validation Failed: head or base does not exist" } };
    }
    if (pulls.list(repository).some(({ state, branch }) => state === "open" && branch === asked.head)) {
      return { status: 422, body: { message: `A pull request already exists for ${asked.head}.` } };
    }
    const { title, base } = asked;
    const pull = pulls.add({
      repository,
      title,
      base,
      body: asked.body ?? "",
      branch: asked.head,
      author: null,
      head,
    });
    tell("pull_request", "opened", pull);
    check(pull);
    return { status: 201, body: formatPull(format, pull) };
  }

  function list(repository: string, query: URLSearchParams): Reply {
    const state = query.get("state") ?? "open";
    const branch = query.get("head")?.split(":").slice(1).join(":");
    const found = pulls
      .list(repository)
      .filter((each) => (state === "all" || each.state === state) && (!branch || each.branch === branch));
    return { status: 200, body: found.map((each) => formatPull(format, each)) };
  }

  async function change(pull: PullRecord, body: unknown): Promise<Reply> {
    const { title, body: text, state } = pullChange.parse(body);
    const closes = state === "closed" && pull.state === "open";
    const changed = pulls.update(pull, {
      ...(title === undefined ? {} : { title }),
      ...(text === undefined ? {} : { body: text }),
      ...(closes ? { state: "closed", closedAt: new Date().toISOString() } : {}),
    });
    tell("pull_request", closes ? "closed" : "edited", changed);
    return { status: 200, body: formatPull(format, changed) };
  }

  async function merge(pull: PullRecord, body: unknown): Promise<Reply> {
    const { sha, commit_title: title } = mergeRequest.parse(body);
    if (pull.state === "closed") return refused("Pull Request is not mergeable");
    if (sha !== undefined && sha !== pull.head) {
      return { status: 409, body: { message: "Head branch was modified. Review and try the merge again." } };
    }
    const { members } = format;
    const approved = pull.reviews.some(
      (each) => each.state === "APPROVED" && each.sha === pull.head && members.includes(each.reviewer),
    );
    if (!approved) return refused("At least 1 approving review is required by reviewers with write access.");
    if (pull.checks[pull.head]?.conclusion !== "success")
      return refused("Required status check is expected.");
    const commit = await squash(backend, pull, title ?? `${pull.title} (#${pull.number})`);
    if (!commit) return refused("Pull Request has merge conflicts");
    const closedAt = new Date().toISOString();
    tell("pull_request", "closed", pulls.update(pull, { state: "closed", mergeCommit: commit, closedAt }));
    return { status: 200, body: { sha: commit, merged: true, message: "Pull Request successfully merged" } };
  }

  function checkRuns(repository: string, sha: string): Reply {
    const found = pulls.list(repository).flatMap(({ checks }) => (checks[sha] ? [checks[sha]] : []));
    const check_runs = found.slice(0, 1).map((each) => formatCheckRun(sha, each));
    return { status: 200, body: { total_count: check_runs.length, check_runs } };
  }

  /** The site's check is a check run; the older kind of status it has none of. */
  function noStatus(sha: string): Reply {
    return { status: 200, body: { sha, state: "pending", statuses: [], total_count: 0 } };
  }

  function check(pull: PullRecord): void {
    const { head } = pull;
    const at = new Date().toISOString();
    const begun = { id: pulls.nextId(), conclusion: null, at };
    pulls.update(pull, { checks: { ...pull.checks, [head]: begun } });
    finishLater(pull, head);
  }

  function finishLater({ repository, number, branch }: PullRecord, sha: string): void {
    ctx.timers.after(checkMinutes, async () => {
      const pull = pulls.get(repository, number);
      const running = pull?.checks[sha];
      if (!pull || !running) return;
      const ended = { ...running, conclusion: "success", at: new Date().toISOString() };
      pulls.update(pull, { checks: { ...pull.checks, [sha]: ended } });
      await webhooks.deliver("check_suite", repository, {
        action: "completed",
        check_suite: {
          id: ended.id,
          head_branch: branch,
          head_sha: sha,
          status: "completed",
          conclusion: ended.conclusion,
          updated_at: ended.at,
          pull_requests: [{ number }],
        },
      });
    });
  }

  function tell(event: string, action: string, pull: PullRecord, more: Record<string, unknown> = {}): void {
    const payload = { action, number: pull.number, pull_request: formatPull(format, pull), ...more };
    void webhooks.deliver(event, pull.repository, payload);
  }

  return {
    answer,
    pushed(repository, branch, after) {
      const pull = pulls.list(repository).find((each) => each.state === "open" && each.branch === branch);
      if (!pull || pull.head === after) return;
      const moved = pulls.update(pull, { head: after });
      tell("pull_request", "synchronize", moved);
      check(moved);
    },
    async review(repository, number, { reviewer, state }) {
      const pull = pulls.get(repository, number);
      if (!pull) throw new Error(`the emulated GitHub has no pull request ${number} in ${repository}`);
      const given = { id: pulls.nextId(), reviewer, state, sha: pull.head, at: new Date().toISOString() };
      const reviewed = pulls.update(pull, { reviews: [...pull.reviews, given] });
      const told = { ...formatReview(format, reviewed, given), state: state.toLowerCase() };
      tell("pull_request_review", "submitted", reviewed, { review: told });
    },
    async close(repository, number) {
      const pull = pulls.get(repository, number);
      if (pull) await change(pull, { state: "closed" });
    },
    async mergeNow(repository, number) {
      const pull = pulls.get(repository, number);
      const reply = pull ? await backend.exclusively(() => merge(pull, {})) : notFound;
      if (reply.status !== 200) throw new Error(`the emulated GitHub refuses: ${JSON.stringify(reply.body)}`);
    },
    resume() {
      for (const pull of pulls.open()) {
        for (const [sha, { conclusion }] of Object.entries(pull.checks)) {
          if (conclusion === null) finishLater(pull, sha);
        }
      }
    },
  };
}

function refused(message: string): Reply {
  return { status: 405, body: { message } };
}
