import type { RunFacts, Who } from "./messages.ts";
import { whoText } from "./messages.ts";
import { fallback, type SlackMessage, section } from "./slack-blocks.ts";
import { code, escapeWithin, link, oneLine } from "./slack-text.ts";
import { timeOf } from "./times.ts";

/** Slack messages about the weekly post. What comes from outside is escaped and cut. */

export interface PostFacts extends RunFacts {
  title: string;
  /** The pull request that holds it. */
  pullRequest: { number: number; url: string };
}

/** The post waits for its review: at first, and again as a reminder. */
export function reviewWantedMessage(
  post: PostFacts & { duty: Who | null; waitsFor: string; deadline: string; reminder: boolean },
): SlackMessage {
  const who = post.duty ? `${whoText(post.duty)}: ` : "";
  const until = timeOf(post.deadline, post.timeZone, post.now);
  const still = post.reminder ? "still waits" : "waits";
  return {
    text: fallback(`${post.service}: the post “${post.title}” ${still} for ${post.waitsFor}`),
    blocks: [
      section(
        `${who}*the post “${title(post)}” ${still} for ${escapeWithin(oneLine(post.waitsFor), 500)}.* ${open(post)}: edit it as you like, then approve it. Once production is verified it is published by itself; without an approval until ${until} the next post tells what it tells.`,
      ),
    ],
  };
}

export function publishedMessage(post: PostFacts & { postUrl: string }): SlackMessage {
  return {
    text: fallback(`${post.service}: the post “${post.title}” is online`),
    blocks: [section(`*The post ${link(post.postUrl, post.title)} is online.* (${open(post)})`)],
  };
}

/** The week has nothing that its readers would want to know. */
export function noNewsMessage(facts: RunFacts & { since: string; till: string; held: number }): SlackMessage {
  const held =
    facts.held > 0
      ? ` Of what was merged, ${facts.held === 1 ? "1 change has" : `${facts.held} changes have`} no usable release note; the next post puts them before its reviewer.`
      : "";
  return {
    text: fallback(`${facts.service}: no news from ${facts.since} to ${facts.till}, so there is no post`),
    blocks: [section(`*No news from ${facts.since} to ${facts.till}, so there is no post.*${held}`)],
  };
}

/** The post will not be published, for a reason that is one sentence or its part: `Nobody approved it in time.` */
export function unpublishedMessage(post: PostFacts & { reason: string; next: string }): SlackMessage {
  return {
    text: fallback(`${post.service}: the post “${post.title}” is not published. ${post.reason}`),
    blocks: [
      section(
        `*The post “${title(post)}” is not published.* ${escapeWithin(oneLine(post.reason), 600)} ${escapeWithin(oneLine(post.next), 300)} (${open(post)})`,
      ),
    ],
  };
}

export interface NewsProblem extends RunFacts {
  /** In words: `the draft of the post`. */
  step: string;
  error: string;
  reason: string;
  duty: Who | null;
  /** ISO 8601: when it is tried again; null: it was given up. */
  againAt: string | null;
}

/** A step of the news failed for good. The deployment is not touched by it. */
export function newsProblemMessage(problem: NewsProblem): SlackMessage {
  const { step, error, againAt, duty } = problem;
  const next = againAt
    ? `It is tried again at ${timeOf(againAt, problem.timeZone, problem.now)} and every hour from then on: mend what is in its way.`
    : "It is given up: what was not published, the next post tells.";
  return {
    text: fallback(`${problem.service}: ${step} failed (${error})`),
    blocks: [
      section(
        `⚠️ ${duty ? `${whoText(duty)}: ` : ""}*${escapeWithin(oneLine(step), 200)} failed* (${code(problem.run)}, ${code(error)}). The deployment is not held up by this. ${next}\n> ${escapeWithin(oneLine(problem.reason), 1500)}`,
      ),
    ],
  };
}

function title(post: PostFacts): string {
  return escapeWithin(oneLine(post.title), 200);
}

function open({ pullRequest }: PostFacts): string {
  return link(pullRequest.url, `pull request ${pullRequest.number}`);
}
