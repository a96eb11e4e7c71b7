import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Problem } from "../../../functions/domain/health-report.ts";
import { approvalMessage, decidedMessage, personalLinkMessage } from "../../../functions/domain/messages.ts";
import type { ObjectsPlan } from "../../../functions/domain/objects-plan.ts";
import type { PlannedRepository } from "../../../functions/domain/promotion-plan.ts";
import {
  nothingToDoMessage,
  runEndedMessage,
  runStartedMessage,
  skippedMessage,
} from "../../../functions/domain/run-messages.ts";
import {
  allText,
  buttons,
  commit,
  decision,
  expectToFit,
  plan,
  question,
  repository,
  strange,
} from "../../support/messages.ts";

describe("whatever comes in", () => {
  const repositories = fc.array(
    fc.record({
      name: strange,
      action: fc.constantFrom("move" as const, "rebuild" as const, "none" as const, "leftOut" as const),
      reason: strange,
      from: strange,
      to: strange,
      commits: fc.array(strange.map(commit), { maxLength: 3 }),
      pullRequests: fc.array(fc.record({ number: fc.nat(), title: strange }), { maxLength: 12 }),
      authors: fc.array(strange, { maxLength: 2 }),
      migrations: fc.array(strange, { maxLength: 5 }),
      changesWorkflows: fc.boolean(),
      ownCommits: fc.array(
        fc.record({ sha: strange, title: strange, author: strange, containedInMain: fc.boolean() }),
        { maxLength: 8 },
      ),
      force: fc.boolean(),
      waitsFor: fc.constant<PlannedRepository["waitsFor"]>([]),
      buildsImages: fc.boolean(),
      main: strange,
      dispatch: fc.boolean(),
      buildBy: fc.constantFrom("push" as const, "person" as const, null),
      lastBuilt: fc.constant(null),
      newestBuild: fc.constant(null),
    }),
    { maxLength: 50, size: "max" },
  );
  const reports = fc.record({
    environment: fc.constant("staging" as const),
    takenAt: fc.constant("2026-11-23T12:00:00Z"),
    verdict: fc.constantFrom("ok" as const, "warning" as const, "unknown" as const, "failed" as const),
    checks: fc.array(
      fc.record({
        id: strange,
        name: strange,
        verdict: fc.constantFrom("ok" as const, "warning" as const, "unknown" as const, "failed" as const),
        summary: strange,
        evidence: fc.constant<string[]>([]),
        problems: fc.constant<Problem[]>([]),
        link: fc.option(strange),
      }),
      { maxLength: 30 },
    ),
  });
  const person = { name: "<!channel>", slack: null };
  const productionOf = (text: string) => {
    const problems = Array.from({ length: 40 }, () => ({ check: text, name: text, text, link: text }));
    const rest = { commit: text, build: null, tags: [], manifest: null, stream: null, pods: [] };
    return {
      comparison: {
        outcome: "regressed" as const,
        worse: problems,
        asBefore: problems,
        unknown: problems,
        warnings: problems,
      },
      proofs: [{ image: text, ...rest, broken: text }],
    };
  };

  it("no mention of a stranger survives, and Slack's limits hold", () => {
    fc.assert(
      fc.property(repositories, reports, strange, (planned, health, text) => {
        const asked = question({
          service: text,
          run: text,
          plan: plan(...planned),
          report: health,
          duty: { ...person, how: "backup", note: text },
        });
        const changes = { commits: { [text]: text }, leaveOut: [text], force: [text] };
        const ended = planned.map(({ name, from: a, to: b, reason: note }) => ({
          name,
          stage: "failed" as const,
          from: a,
          to: b,
          note,
          buildUrl: text,
        }));
        const facts = { ...asked, approvedBy: person, runUrl: text, reason: text };
        const messages = [
          approvalMessage(asked, buttons),
          approvalMessage({ ...asked, objects: objectsOf(text) }, { ...buttons, other }),
          decidedMessage(asked, decision({ changes, comment: text }), person),
          personalLinkMessage({ ...asked, url: text, expiresAt: asked.windowEnd }),
          runStartedMessage(facts),
          nothingToDoMessage(asked),
          skippedMessage(facts),
          runEndedMessage({
            ...facts,
            status: "failed",
            startedAt: asked.now,
            endedAt: asked.now,
            repositories: ended,
            production: productionOf(text),
            topics: [],
          }),
        ];
        for (const message of messages) expectToFit(message);
      }),
      { numRuns: 60 },
    );
  });

  const other = { value: "token-o", applies: true };
  const objectsOf = (text: string): ObjectsPlan => ({
    repository: text,
    branch: text,
    commit: text,
    applied: { commit: text, at: "2026-11-16T12:00:00Z", run: text },
    compared: true,
    files: Array.from({ length: 100 }, () => ({ path: text, status: text })),
    commits: Array.from({ length: 100 }, () => ({ sha: text, title: text, author: text })),
    authors: Array.from({ length: 100 }, () => text),
    vault: { digest: text, lines: 9, since: "added", added: Array.from({ length: 20 }, () => text), more: 9 },
    readsVault: true,
    pinned: Array.from({ length: 100 }, () => text),
  });

  it("fifty repositories with long titles fit, and the message says how many are not shown", () => {
    const many = Array.from({ length: 50 }, (_, index) =>
      repository({
        name: `repository-${index}-${"n".repeat(60)}`,
        commits: [commit("t".repeat(500))],
        pullRequests: Array.from({ length: 20 }, (_each, number) => ({
          number: 1000 + number,
          title: "t".repeat(300),
        })),
      }),
    );
    const message = approvalMessage(question({ plan: plan(...many), duty: null }), buttons);
    expectToFit(message);
    expect(allText(message)).toMatch(/… and \d+ more: your page shows all\./);
    expect(allText(message)).toContain("50 repositories move.");
  });
});
