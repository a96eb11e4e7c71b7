import fc from "fast-check";
import { expect } from "vitest";
import type { Decision } from "../../functions/domain/decision.ts";
import type { HealthReport } from "../../functions/domain/health-report.ts";
import type { LiveRun } from "../../functions/domain/live-message.ts";
import type { ApprovalQuestion } from "../../functions/domain/messages.ts";
import type { PlannedRepository, PromotionPlan } from "../../functions/domain/promotion-plan.ts";
import type { Block, SlackMessage } from "../../functions/domain/slack-blocks.ts";
import { refusedBlocks } from "../../infra/local/world/slack-rules.ts";

/** Builders for what messages tell of, and a reader of their blocks. */

export const github = { webUrl: "https://github.com", owner: "packit" };
export const from = "a".repeat(40);
export const to = "b".repeat(40);

export function repository(values: Partial<PlannedRepository> = {}): PlannedRepository {
  return {
    name: "packit",
    action: "move",
    reason: "",
    from,
    to,
    commits: [],
    pullRequests: [],
    authors: [],
    migrations: [],
    changesWorkflows: false,
    ownCommits: [],
    force: false,
    waitsFor: [],
    buildsImages: false,
    main: to,
    dispatch: false,
    buildBy: null,
    lastBuilt: null,
    newestBuild: null,
    ...values,
  };
}

export function commit(title: string): PlannedRepository["commits"][number] {
  return {
    sha: to,
    title,
    author: "ada",
    date: "2026-11-20T10:00:00Z",
    pullRequest: null,
    firstParent: true,
    parents: [],
    skipsWorkflows: false,
  };
}

export function plan(...repositories: PlannedRepository[]): PromotionPlan {
  return {
    version: 1,
    createdAt: "2026-11-23T12:00:00Z",
    digest: "d",
    branches: { main: "main", stable: "stable" },
    only: [],
    repositories,
    waves: [],
    expected: { minutes: 75, fromRuns: 4 },
  };
}

export const report: HealthReport = {
  environment: "staging",
  takenAt: "2026-11-23T12:00:00Z",
  verdict: "failed",
  checks: [
    { id: "pods", name: "Pods", verdict: "ok", summary: "All run.", evidence: [], problems: [], link: null },
    {
      id: "healthz",
      name: "Health",
      verdict: "failed",
      summary: "It says no.",
      evidence: [],
      problems: [],
      link: "https://stg.packit.dev/api/healthz",
    },
    {
      id: "images",
      name: "Images",
      verdict: "unknown",
      summary: "Quay did not answer.",
      evidence: [],
      problems: [],
      link: null,
    },
  ],
};

export function question(values: Partial<ApprovalQuestion> = {}): ApprovalQuestion {
  return {
    service: "Packit Service",
    run: "weekly-2026-11-23",
    timeZone: "Europe/Prague",
    now: "2026-11-23T12:01:00Z",
    github,
    plan: plan(repository()),
    report,
    purpose: "",
    duty: { name: "Ada", slack: "U00000ADA", how: "assigned", note: null },
    expectedEnd: "2026-11-23T13:16:00Z",
    windowEnd: "2026-11-23T14:00:00Z",
    ...values,
  };
}

export const buttons = { approve: "token-a", reject: "token-r", postpone: "token-p" };

export function allText(message: SlackMessage): string {
  return message.blocks.flatMap(textsOf).join("\n");
}

export function textsOf(block: Block): string[] {
  if (block.type === "actions") return block.elements.map((each) => each.text.text);
  return block.type === "context" ? block.elements.map((each) => each.text) : [block.text.text];
}

export function decision(values: Partial<Decision>): Decision {
  return {
    question: "approval-1",
    answer: "approve",
    by: "ben-packit",
    at: "2026-11-23T12:12:00Z",
    via: "slack",
    planDigest: "d",
    changes: null,
    until: null,
    comment: null,
    ...values,
  };
}

/** Texts of strangers, as bad as they get. */
export const strange = fc.oneof(
  fc.constantFrom(
    "<!channel>",
    "<@U012AB3CD> hi",
    "<#C1|x>",
    "<https://evil.example|GitHub>",
    "&lt;!here&gt;",
    "`*_~",
    "a|b>",
    "",
    "\n\n",
  ),
  fc.constantFrom("x".repeat(4000), "&".repeat(3500), "👩‍👩‍👧‍👦".repeat(500), "<!everyone>".repeat(400)),
  fc.string({ unit: "binary" }),
);

/** Slack takes the message, and no mention or link of a stranger's is in it. */
export function expectToFit(message: SlackMessage): void {
  expect(refusedBlocks(JSON.parse(JSON.stringify(message.blocks)))).toBeNull();
  expect(allText(message).length).toBeLessThanOrEqual(11_000);
  expect(message.text.length).toBeLessThanOrEqual(4000);
  expect(message.text).not.toMatch(/[<>]/);
  for (const block of message.blocks) {
    for (const text of textsOf(block)) {
      expect(text.length).toBeGreaterThan(0);
      expect(text.length).toBeLessThanOrEqual(block.type === "header" ? 150 : 3000);
      // Plain text needs no escaping.
      if (block.type === "header" || block.type === "actions") continue;
      // What is left in angle brackets is links of ours, and comments are quoted.
      const rest = text.replace(/<https?:\/\/[^<>|\s]+\|[^<>|]+>/g, "").replace(/^> /gm, "");
      expect(rest).not.toMatch(/[<>]/);
      expect(rest).not.toMatch(/&(?!(?:amp|lt|gt);)/);
    }
  }
}

/** A run under way, whose images are being built. */
export function liveRun(values: Partial<LiveRun> = {}): LiveRun {
  return {
    service: "Packit Service",
    run: "weekly-2026-11-23",
    timeZone: "Europe/Prague",
    now: "2026-11-23T13:00:00Z",
    status: "running",
    reason: null,
    phase: "FollowBuilds",
    since: "2026-11-23T12:20:00Z",
    startedAt: "2026-11-23T12:00:00Z",
    endedAt: null,
    duty: { name: "Ada", slack: "U00000ADA" },
    expectedEnd: "2026-11-23T13:16:00Z",
    pausedBy: null,
    questions: [],
    repositories: [],
    github,
    runUrl: null,
    executionUrl: null,
    buttons: {},
    ...values,
  };
}
