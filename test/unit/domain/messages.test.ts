import { describe, expect, it } from "vitest";
import type { Decision } from "../../../functions/domain/decision.ts";
import {
  approvalMessage,
  decidedMessage,
  personalLinkMessage,
  reminderMessage,
} from "../../../functions/domain/messages.ts";
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
  from,
  github,
  plan,
  question,
  repository,
  to,
} from "../../support/messages.ts";

function proof(image: string, broken: string | null) {
  return { image, commit: to, build: null, tags: [], manifest: null, stream: null, pods: [], broken };
}

describe("the approval message", () => {
  it("tells per repository what moves, with links", () => {
    const packit = repository({
      commits: [commit("a"), commit("b")],
      pullRequests: [
        { number: 1003, title: "One" },
        { number: 1004, title: "Two" },
      ],
    });
    const service = repository({
      name: "packit-service",
      action: "rebuild",
      reason: "packit moves",
      to: from,
    });
    const text = allText(
      approvalMessage(
        question({ plan: plan(packit, service, repository({ name: "ogr", action: "none" })) }),
        buttons,
      ),
    );
    expect(text).toContain("1 repository moves, 1 is rebuilt where it stands, 1 has nothing to do.");
    expect(text).toContain(
      `*packit* \`aaaaaaa\` → \`bbbbbbb\` · <https://github.com/packit/packit/compare/${from}...${to}|2 commits> · ` +
        "<https://github.com/packit/packit/pull/1003|#1003>, <https://github.com/packit/packit/pull/1004|#1004>",
    );
    expect(text).toContain("*packit-service* stays at `aaaaaaa`, its images are rebuilt: packit moves");
    expect(text).not.toContain("*ogr*");
  });

  it("tells staging's verdict with the checks that are not fine, worst first", () => {
    const text = allText(approvalMessage(question(), buttons));
    expect(text).toMatch(
      /\*Staging is not fine\.\*\n• Health, failed: It says no\. <https:\/\/stg.*\|Look>\n• Images, unknown: Quay did not answer\.\nFine: Pods\./,
    );
  });

  it("warns of diverged branches and says what plain approval does", () => {
    const diverged = repository({
      action: "leftOut",
      reason: "stable has commits of its own",
      ownCommits: [
        { sha: "c".repeat(40), title: "Fix it <!channel>", author: "ada", containedInMain: true },
        { sha: "e".repeat(40), title: "Hotfix", author: "ben", containedInMain: false },
      ],
    });
    const text = allText(approvalMessage(question({ plan: plan(diverged) }), buttons));
    expect(text).toContain(
      "⚠️ *packit* diverged: `stable` has 2 commits that `main` lacks. A plain approval leaves it out",
    );
    expect(text).toMatch(/\|ccccccc> Fix it &lt;!channel&gt; \(ada\): the same patch is in `main`/);
    expect(text).toMatch(/\|eeeeeee> Hotfix \(ben\): only in `stable`: forcing loses it/);
  });

  it("compares nothing where a rebuild is left out", () => {
    const reason = "the approver leaves its images as they are";
    const left = repository({ action: "leftOut", reason, to: repository().from });
    expect(allText(approvalMessage(question({ plan: plan(left) }), buttons))).toMatch(
      /\*packit\* is left out: the approver leaves its images as they are \(`\w{7}`\)$/m,
    );
  });

  it("tells how long it takes, also where that is no time", () => {
    const taking = (minutes: number) => {
      const asked = question();
      const expected = { minutes, fromRuns: 3 };
      return allText(approvalMessage({ ...asked, plan: { ...asked.plan, expected } }, buttons));
    };
    expect(taking(70)).toContain("It takes about 1 h 10 min (from 3 earlier runs).");
    expect(taking(0)).toContain("It takes less than a minute (from 3 earlier runs).");
  });

  it("warns of database migrations", () => {
    const moved = repository({ name: "packit-service", migrations: ["alembic/versions/0123_new.py"] });
    expect(allText(approvalMessage(question({ plan: plan(moved) }), buttons))).toContain(
      "⚠️ *packit-service* brings 1 database migration (`0123_new.py`): after it, an image rollback of the service will not work.",
    );
  });

  it("warns where only a person can start a build", () => {
    const message = approvalMessage(question({ plan: plan(repository({ buildBy: "person" })) }), buttons);
    expect(allText(message)).toContain("⚠️ *packit* needs a person to start the build of its images");
  });

  it("tells the expected end in the team's zone, and whether it is within the window", () => {
    expect(allText(approvalMessage(question(), buttons))).toContain(
      "It takes about 1 h 15 min (from 4 earlier runs). Approved now, it ends at about 14:16 CET, within the window that ends at 15:00 CET.",
    );
    const late = allText(approvalMessage(question({ expectedEnd: "2026-11-23T14:12:00Z" }), buttons));
    expect(late).toContain(
      "⚠️ Approved now, it ends at about 15:12 CET, 12 minutes after the window that ends at 15:00 CET.",
    );
  });

  it("tells who is on duty, and that a backup steps in", () => {
    expect(allText(approvalMessage(question(), buttons))).toContain("On duty: <@U00000ADA>.");
    const duty = { name: "Ben", slack: null, how: "backup" as const, note: "Ada is away." };
    expect(allText(approvalMessage(question({ duty }), buttons))).toContain(
      "On duty: Ben, as the backup. Ada is away.",
    );
  });

  it("has the signed buttons and tells of the personal link", () => {
    const message = approvalMessage(question(), buttons);
    const actions = message.blocks.find((block) => block.type === "actions");
    expect(actions?.elements.map((each) => [each.action_id, each.value])).toEqual([
      ["approval.approve", "token-a"],
      ["approval.postpone", "token-p"],
      ["approval.reject", "token-r"],
    ]);
    expect(allText(message)).toMatch(/personal link by direct message/);
  });
});

describe("the decided message", () => {
  const told = (values: Partial<Decision>) =>
    decidedMessage(question(), decision(values), { name: "Ben", slack: null });

  it("keeps the plan and has who decided what in place of the buttons", () => {
    const message = told({ comment: "Looks <b>good</b>" });
    expect(message.blocks.some((block) => block.type === "actions")).toBe(false);
    expect(allText(message)).toContain("Approved by *Ben* at 13:12 CET.\n> Looks &lt;b&gt;good&lt;/b&gt;");
    expect(allText(message)).toContain("*packit*");
  });

  it("keeps the link to the run out of the comment", () => {
    const asked = { ...question(), runUrl: "https://x.y/run" };
    const said = decision({ comment: "Wait \u202eli" });
    expect(allText(decidedMessage(asked, said, { name: "Ben", slack: null }))).toContain(
      "at 13:12 CET. <https://x.y/run|Look at the run>\n> Wait li",
    );
  });

  it.each<[Partial<Decision>, string]>([
    [
      { changes: { commits: { ogr: "1234567890" }, leaveOut: ["dashboard"], force: ["packit"] } },
      "with changes: ogr at `1234567`; without dashboard; forcing packit.",
    ],
    [{ answer: "reject" }, "Rejected by *Ben* at 13:12 CET. Nothing was changed."],
    [
      { answer: "postpone", until: "2026-11-24T09:00:00Z" },
      "Stablehand asks again at Tue 24 Nov, 10:00 CET.",
    ],
    [{ answer: "expired" }, "Nobody answered until 13:12 CET, so nothing was deployed."],
  ])("tells %j", (values, text) => {
    expect(allText(told(values))).toContain(text);
  });
});

describe("other messages", () => {
  const facts = {
    service: "Packit Service",
    run: "weekly-2026-11-23",
    timeZone: "Europe/Prague",
    now: "2026-11-23T12:01:00Z",
  };
  const url = "https://stablehand.example.org/approval?token=abc.def.ghi";

  it("carry the personal link, to one person", () => {
    const first = personalLinkMessage({
      ...facts,
      plan: plan(repository()),
      url,
      expiresAt: "2026-11-23T14:00:00Z",
    });
    expect(allText(first)).toContain(`<${url}|Open your page>`);
    expect(allText(first)).toContain("until 15:00 CET");
    const again = reminderMessage({
      ...facts,
      url,
      expiresAt: "2026-11-23T14:00:00Z",
      askedAt: "2026-11-23T12:01:00Z",
    });
    expect(allText(again)).toContain("nobody has answered since 13:01 CET");
    expect(allText(again)).toContain(`<${url}|Open your page>`);
  });

  it("tell that a run started, that there is nothing to do, that it was skipped and why", () => {
    const approvedBy = { name: "Ben", slack: null };
    const started = runStartedMessage({
      ...facts,
      plan: plan(repository()),
      approvedBy,
      expectedEnd: "2026-11-23T13:16:00Z",
      runUrl: null,
    });
    expect(allText(started)).toContain(
      "approved by Ben. 1 repository moves. It should be done at about 14:16 CET.",
    );
    expect(allText(nothingToDoMessage({ ...facts, plan: plan(repository({ action: "none" })) }))).toContain(
      "1 repository is up to date, so there is nothing to deploy this week.",
    );
    expect(allText(skippedMessage({ ...facts, reason: "Today is a holiday: Easter Monday." }))).toContain(
      "Today is a holiday: Easter Monday. Nothing was changed.",
    );
  });

  it("sum up a run", () => {
    const message = runEndedMessage({
      ...facts,
      now: "2026-11-23T13:20:00Z",
      status: "failed",
      reason: "dashboard was not built.",
      startedAt: "2026-11-23T12:00:00Z",
      endedAt: "2026-11-23T13:20:00Z",
      github,
      repositories: [
        { name: "ogr", stage: "moved", from, to, note: null, buildUrl: null },
        {
          name: "dashboard",
          stage: "failed",
          from,
          to,
          note: "its workflow failed",
          buildUrl: "https://github.com/x/runs/1",
        },
        { name: "specfile", stage: "none", from: null, to: null, note: null, buildUrl: null },
      ],
      production: {
        comparison: {
          outcome: "regressed",
          worse: [
            {
              check: "sentry",
              name: "Sentry",
              text: "error, 17 times: KeyError",
              link: "https://sentry.io/1",
            },
          ],
          asBefore: [{ check: "pods", name: "Pods", text: "tokman-1: Pending", link: null }],
          unknown: [],
          warnings: [],
        },
        proofs: [proof("dashboard", null), proof("packit-worker", "no pod runs it")],
      },
      topics: [
        { chat: "Slack", outcome: "restored" },
        { chat: "Matrix", outcome: "kept" },
      ],
      runUrl: "https://stablehand.example.org/runs/weekly-2026-11-23",
    });
    const text = allText(message);
    expect(text).toContain("⚠️ *The run failed at 14:20 CET after 1 h 20 min.* dashboard was not built.");
    expect(text).toContain(
      `*ogr* <https://github.com/packit/ogr/compare/${from}...${to}|aaaaaaa → bbbbbbb> · moved`,
    );
    expect(text).toContain("⚠️ *dashboard*");
    expect(text).toContain("<https://github.com/x/runs/1|build> · failed: its workflow failed");
    expect(text).not.toContain("specfile");
    expect(text).toContain(
      "⚠️ *Production got worse:*\n• Sentry: error, 17 times: KeyError <https://sentry.io/1|Look>",
    );
    expect(text).toContain("*Failed before the run already:*\n• Pods: tokman-1: Pending");
    expect(text).toContain("Images: proven for 1 image; not proven for packit-worker: no pod runs it.");
    expect(text).not.toContain("Could not be looked at");
    expect(text).toContain("Topic in Slack: put back. Matrix: left as a person set it meanwhile.");
  });
});
