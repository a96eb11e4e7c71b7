import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LiveRepository, liveMessage } from "../../../functions/domain/live-message.ts";
import { endedNotice, failedNotice, startedNotice } from "../../../functions/domain/matrix-messages.ts";
import { allText, expectToFit, from, liveRun, strange, to } from "../../support/messages.ts";

function repository(values: Partial<LiveRepository> = {}): LiveRepository {
  return {
    name: "packit",
    stage: "planned",
    from,
    to,
    note: null,
    waitsSince: null,
    buildUrl: null,
    ...values,
  };
}

describe("the message of a run", () => {
  it("tells where the run is and since when, how far each repository is, and where to look", () => {
    const buildUrl = "https://github.com/packit/dashboard/actions/runs/7";
    const message = liveMessage(
      liveRun({
        repositories: [
          repository({ name: "ogr", stage: "deployed" }),
          repository({ name: "dashboard", stage: "building", waitsSince: "2026-11-23T12:21:00Z", buildUrl }),
          repository({ name: "sandcastle", stage: "leftOut", to: from }),
          repository({ name: "packit-worker", to: null, stage: "waiting", note: "RPM of packit at 1234567" }),
        ],
        executionUrl: "https://console.example.com/run",
        runUrl: "https://stablehand.example.com/runs/weekly-2026-11-23",
      }),
    );
    const text = allText(message);
    expect(message.text).toBe(
      "Packit Service, weekly-2026-11-23: Following the image builds (1 of 4 deployed)",
    );
    expect(text).toContain(
      "*Following the image builds* since 13:20 CET. It should be done at about 14:16 CET.",
    );
    expect(text).toContain("✅ *ogr* <https://github.com/packit/ogr/compare/");
    expect(text).toContain(`images are being built since 13:21 CET · <${buildUrl}|build>`);
    expect(text).toContain(
      "⏳ *packit-worker* rebuilt where it stands · waits for what it depends on: RPM of packit at 1234567",
    );
    expect(text).toContain(`➖ *sandcastle* stays at \`${from.slice(0, 7)}\` · left out`);
    expect(text).toContain("On duty: Ada");
    expect(text).toContain("<https://console.example.com/run|Execution>");
    expect(text).toContain("<https://stablehand.example.com/runs/weekly-2026-11-23|Page of the run>");
  });

  it("tells what waits for people, and who paused it", () => {
    const questions = [{ title: "packit: the image build failed", askedAt: "2026-11-23T12:40:00Z" }];
    const text = allText(liveMessage(liveRun({ questions, pausedBy: { name: "Ben", slack: null } })));
    expect(text).toContain("*packit: the image build failed*: waits for an answer since 13:40 CET");
    expect(text).toContain("Paused by Ben.");
  });

  it("tells how it ended, and then of nothing that it waited for", () => {
    const questions = [{ title: "The rollout failed", askedAt: "2026-11-23T12:40:00Z" }];
    const endedAt = "2026-11-23T12:45:00Z";
    const text = allText(liveMessage(liveRun({ status: "aborted", reason: "by Ben", endedAt, questions })));
    expect(text).toContain("⚠️ *The run was aborted* at 13:45 CET after 45 minutes. by Ben");
    expect(text).not.toContain("waits for an answer");
  });

  it("is the same whenever it is made", () => {
    const at = (now: string) => liveMessage(liveRun({ now }));
    expect(at("2026-11-23T13:15:59Z")).toEqual(at("2026-11-23T13:00:00Z"));
    const late = at("2026-11-23T13:16:01Z");
    expect(allText(late)).toContain("It should have been done at about 14:16 CET.");
    expect(at("2026-11-24T07:00:00Z")).toEqual(late);
  });

  it("lets no mention of a stranger through, and keeps to Slack's limits", () => {
    const repositories = fc.array(
      fc.record({
        name: strange,
        stage: fc.constantFrom("planned" as const, "building" as const, "failed" as const),
        from: strange,
        to: fc.option(strange),
        note: fc.option(strange),
        waitsSince: fc.constant(null),
        buildUrl: fc.option(strange),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(repositories, strange, fc.boolean(), (all, text, over) => {
        const person = { name: text, slack: null };
        const questions = Array.from({ length: 30 }, () => ({
          title: text,
          askedAt: "2026-11-23T12:40:00Z",
        }));
        const run = liveRun({ service: text, run: text, repositories: all, reason: text, questions });
        const status = over ? ("failed" as const) : ("running" as const);
        const urls = { runUrl: text, executionUrl: text };
        expectToFit(liveMessage({ ...run, status, duty: person, pausedBy: person, ...urls }));
      }),
      { numRuns: 60 },
    );
  });
});

describe("what Matrix is told", () => {
  const { service, run, timeZone, now } = liveRun();
  const facts = { service, run, timeZone, now };

  it("is the start, the end and what failed, in a sentence or two", () => {
    expect(startedNotice({ ...facts, expectedEnd: "2026-11-23T13:16:00Z" }).text).toBe(
      "Packit Service: the weekly deployment has started. It should be done at about 14:16 CET.",
    );
    const ended = { status: "failed" as const, startedAt: "2026-11-23T12:00:00Z", endedAt: now };
    expect(endedNotice({ ...facts, ...ended, reason: "the rollout took too long" })).toEqual({
      text: "Packit Service: the weekly deployment failed at 14:00 CET after 1 hour. the rollout took too long",
      html: "<strong>Packit Service: the weekly deployment failed at 14:00 CET after 1 hour.</strong> the rollout took too long",
    });
    expect(failedNotice({ ...facts, title: "packit: the image build failed" }).text).toContain(
      "packit: the image build failed. The team has been asked",
    );
  });

  it("has no markup of strangers, and no end in the middle of a character", () => {
    const tricky = fc.oneof(strange, fc.constant(`<img src=x onerror="alert(1)">&lt;${"🏳️‍🌈".repeat(200)}`));
    fc.assert(
      fc.property(tricky, (title) => {
        const { text, html } = failedNotice({ ...facts, service: title, title });
        expect(html.replace(/^<strong>/, "").replace(/<\/strong>/, "")).not.toMatch(/[<>"']/);
        expect(text).not.toMatch(/[\n\r]/);
        expect(text.isWellFormed()).toBe(true);
        expect(text.length).toBeLessThan(1000);
      }),
    );
  });
});
