import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  controlLinkMessage,
  controlMessage,
  refusalText,
} from "../../../functions/domain/control-messages.ts";
import { liveMessage } from "../../../functions/domain/live-message.ts";
import { answersFor, type StepDecision, type StepQuestion } from "../../../functions/domain/question.ts";
import {
  stepAnsweredMessage,
  stepQuestionLinkMessage,
  stepQuestionMessage,
  stepQuestionReminder,
  whoToMention,
} from "../../../functions/domain/question-messages.ts";
import { foreignImagesMessage, lateMessage } from "../../../functions/domain/run-messages.ts";
import type { Button, SlackMessage } from "../../../functions/domain/slack-blocks.ts";
import { allText, expectToFit, liveRun, strange } from "../../support/messages.ts";

const ada = { name: "Ada", slack: "U00000ADA" };
const ben = { name: "Ben", slack: "U00000BEN" };
const cleo = { name: "Cleo", slack: "U0000CLEO" };

const facts = {
  service: "Packit Service",
  run: "weekly-2026-11-23",
  timeZone: "Europe/Prague",
  now: "2026-11-23T12:20:00Z",
};

function asked(values: Partial<StepQuestion> = {}): StepQuestion {
  return {
    id: "AwaitBuild/dashboard-1",
    step: "AwaitBuild",
    repository: "dashboard",
    kind: "failed",
    error: "BuildFailed",
    reason: "The job build failed.",
    answers: answersFor("AwaitBuild", "failed"),
    askedAt: "2026-11-23T12:20:00Z",
    expiresAt: "2026-11-23T16:20:00Z",
    ...values,
  };
}

function answered(values: Partial<StepDecision> = {}): StepDecision {
  return {
    question: "AwaitBuild/dashboard-1",
    answer: "retry",
    by: "ada-packit",
    at: "2026-11-23T12:31:00Z",
    via: "slack",
    comment: null,
    ...values,
  };
}

const values = (["retry", "skip", "abort"] as const).map((answer) => ({ answer, value: `token-${answer}` }));

function buttonsOf(message: SlackMessage): Button[] {
  return message.blocks.flatMap((block) => (block.type === "actions" ? block.elements : []));
}

describe("the question about a failed step", () => {
  const message = stepQuestionMessage({
    ...facts,
    question: asked(),
    mention: [ada],
    buttons: values,
    runUrl: "https://stablehand.example.org/runs/weekly",
    consoleUrl: "https://console.example.com/run",
  });

  it("tells what failed, why, what each answer does, until when, and what happens without one", () => {
    const text = allText(message);
    const parts = [
      "dashboard: the image build failed",
      "The job build failed.",
      "`BuildFailed` in `AwaitBuild` of `weekly-2026-11-23`",
      "*Build again*: the images are built again: by a new run, or by its failed jobs",
      "*Go on without it*: production keeps its present image of this repository",
      "*Abort*: nothing more is started",
      "<@U00000ADA> please answer until *17:20 CET*",
      "Without an answer the run aborts then: nothing more is started",
      "<https://stablehand.example.org/runs/weekly|Look at the run>",
      "<https://console.example.com/run|its execution at AWS>",
    ];
    for (const part of parts) expect(text).toContain(part);
    expect(message.text).toBe("Packit Service: dashboard: the image build failed. What now?");
  });

  it("has a button for each answer; only aborting asks once more", () => {
    expect(buttonsOf(message)).toMatchObject([
      { action_id: "question.retry", value: "token-retry", style: "primary", text: { text: "Build again" } },
      { action_id: "question.skip", value: "token-skip", text: { text: "Go on without it" } },
      {
        action_id: "question.abort",
        value: "token-abort",
        style: "danger",
        confirm: { title: { text: "Abort the run?" } },
      },
    ]);
    expect(buttonsOf(message).map((each) => each.confirm !== undefined)).toEqual([false, false, true]);
  });

  it("has no button for what is not offered", () => {
    const question = asked({ answers: answersFor("AwaitBuild", "failed", false) });
    const shown = buttonsOf(stepQuestionMessage({ ...facts, question, mention: [], buttons: values }));
    expect(shown.map((each) => each.action_id)).toEqual(["question.retry", "question.abort"]);
  });

  it("of a paused run asks whether to go on", () => {
    const question = asked({
      step: "MoveStable",
      kind: "paused",
      error: "RunPaused",
      reason: "Ben paused the run.",
      answers: answersFor("MoveStable", "paused"),
    });
    const paused = stepQuestionMessage({ ...facts, question, mention: [ada], buttons: values });
    expect(allText(paused)).toContain("Paused before dashboard: the move of the stable branch");
    expect(allText(paused)).not.toContain("⚠️");
    expect(buttonsOf(paused).map((each) => each.text.text)).toEqual(["Resume", "Abort"]);
  });

  it("says otherwise what happens without an answer where nothing can be aborted any more", () => {
    const [, skip] = answersFor("RestoreTopics", "failed");
    const question = asked({ step: "RestoreTopics", repository: null, answers: skip ? [skip] : [] });
    const text = allText(stepQuestionMessage({ ...facts, question, mention: [], buttons: values }));
    expect(text).toContain("The return of the topics failed");
    expect(text).toContain("Without an answer it goes on then: a topic that could not be put back stays");
    expect(text).not.toContain("aborts");
  });
});

describe("who is called", () => {
  it.each([
    [
      "the one on duty, then the backup too, then all",
      { duty: ada, backup: ben },
      [["Ada"], ["Ada", "Ben"], ["Ada", "Ben", "Cleo"]],
    ],
    [
      "all at once in the second round when the backup is on duty",
      { duty: ben, backup: ben },
      [["Ben"], ["Ben", "Ada", "Cleo"]],
    ],
    [
      "the backup first when nobody is known to be on duty",
      { duty: null, backup: ben },
      [["Ben"], ["Ben", "Ada", "Cleo"]],
    ],
    ["all from the start when there is neither", { duty: null, backup: null }, [["Ada", "Ben", "Cleo"]]],
  ])("%s", (_, team, rounds) => {
    const called = [0, 1, 2, 3].map((round) =>
      whoToMention({ ...team, approvers: [ada, ben, cleo] }, round).map((each) => each.name),
    );
    const last = rounds.at(-1);
    expect(called).toEqual([0, 1, 2, 3].map((round) => rounds[round] ?? last));
  });

  it("stands in the reminder, with since when and until when", () => {
    const reminder = stepQuestionReminder({
      ...facts,
      now: "2026-11-23T12:50:00Z",
      question: asked(),
      mention: [ada, ben],
      url: "https://slack.example.com/p1",
    });
    expect(allText(reminder)).toContain(
      "<@U00000ADA> <@U00000BEN> *nobody has answered since 13:20 CET:* dashboard: the image build failed. Answer until *17:20 CET*.",
    );
    expect(allText(reminder)).toContain("<https://slack.example.com/p1|Answer>");
    expect(buttonsOf(reminder)).toEqual([]);
  });
});

describe("by direct message", () => {
  it("an approver gets a link to answer by", () => {
    const url = "https://stablehand.example.com/question?token=t";
    const text = allText(stepQuestionLinkMessage({ ...facts, question: asked(), url }));
    expect(text).toContain(
      `<${url}|Open your page> to see more and to answer (Build again, Go on without it, Abort) until 17:20 CET.`,
    );
    expect(text).toContain("please do not pass it on");
  });

  it("a person gets a link to the run", () => {
    const url = "https://stablehand.example.com/control?token=t";
    const text = allText(controlLinkMessage({ ...facts, url, expiresAt: "2026-11-24T12:20:00Z" }));
    expect(text).toContain(
      `<${url}|Open your page of this run> to see how far it is, and to pause or stop it, until Tue 24 Nov, 13:20 CET.`,
    );
  });
});

describe("the answered question", () => {
  const text = (decision: StepDecision) =>
    allText(stepAnsweredMessage({ ...facts, question: asked() }, decision, ada));

  it("has the answer where the buttons were", () => {
    const message = stepAnsweredMessage(
      { ...facts, question: asked() },
      answered({ comment: "disk was full" }),
      ada,
    );
    expect(buttonsOf(message)).toEqual([]);
    expect(allText(message)).toContain("dashboard: the image build failed");
    expect(allText(message)).toContain(
      "*Ada* answered *Build again* at 13:31 CET: the images are built again: by a new run, or by its failed jobs.\n> disk was full",
    );
    expect(message.text).toBe("Packit Service: dashboard: the image build failed. Ada: Build again");
  });

  it("says when nobody answered, and when the run settled it", () => {
    expect(text(answered({ answer: "abort", via: "deadline", by: "stablehand" }))).toContain(
      "Nobody answered until 13:31 CET. *Abort*: nothing more is started",
    );
    expect(text(answered({ via: "run", by: "stablehand", comment: "a later attempt ended" }))).toContain(
      "Settled at 13:31 CET without an answer: a later attempt ended.",
    );
  });
});

describe("what people do to a run", () => {
  const controlled = {
    ...facts,
    by: ada,
    at: "2026-11-23T12:19:00Z",
    comment: null,
    moved: true,
    buttons: {},
  };

  it("is told with the name and what it means", () => {
    const text = (changes: Partial<Parameters<typeof controlMessage>[0]>) =>
      allText(controlMessage({ ...controlled, action: "pause", ...changes }));
    expect(text({})).toContain("*Packit Service: Ada paused the run* `weekly-2026-11-23` at 13:19 CET.");
    expect(text({ action: "resume" })).toContain("Ada resumed the run");
    expect(text({ action: "stop", comment: "mass rebuild" })).toContain(
      "what has moved stays where it is.\n> mass rebuild",
    );
    expect(text({ action: "stop", moved: false })).toContain(
      "Nothing has moved, and the topics are put back.",
    );
    expect(text({ action: "veto", moved: false })).toContain("Nothing has moved, and nothing is deployed.");
    expect(text({ action: "veto" })).toContain("The first branch was moving already");
  });

  it("can be taken back where there is a button", () => {
    const message = controlMessage({ ...controlled, action: "pause", buttons: { resume: "token" } });
    expect(buttonsOf(message)).toMatchObject([
      { action_id: "run.resume", value: "token", text: { text: "Resume" } },
    ]);
  });

  it("starts from the message of a run under way; every button asks once more", () => {
    const buttons = { pause: "token-p", stop: "token-s", veto: "token-v" };
    const shown = buttonsOf(liveMessage(liveRun({ buttons })));
    expect(shown.map(({ action_id, value }) => [action_id, value])).toEqual([
      ["run.pause", "token-p"],
      ["run.stop", "token-s"],
      ["run.veto", "token-v"],
    ]);
    expect(shown.every((each) => each.confirm)).toBe(true);
    expect(buttonsOf(liveMessage(liveRun({ buttons, status: "aborted" })))).toEqual([]);
  });

  it("that cannot be done is explained", () => {
    const why = { ...facts, approvers: ["Ada", "Ben"] };
    const first = { by: ada, at: "2026-11-23T12:00:00Z" };
    const text = (
      refused: Omit<Parameters<typeof refusalText>[0], "by" | "at"> & { by?: typeof ada; at?: string },
    ) => refusalText({ by: null, at: null, ...refused }, why);
    expect(text({ why: "notApprover", action: "stop" })).toBe(
      "Only approvers can stop a run: Ada, Ben. Nothing was done.",
    );
    expect(text({ why: "tooLate", action: "veto" })).toContain("An approver can still stop it: Ada, Ben.");
    expect(text({ why: "alreadyStopped", action: "pause", ...first })).toBe(
      "Ada already ended this run at 13:00 CET. Nothing was changed.",
    );
  });
});

describe("what a run tells by itself", () => {
  const working = [{ name: "packit-service", stage: "building" as const, note: "2 of 4 jobs" }];
  const late = {
    ...facts,
    windowEnd: "2026-11-23T12:00:00Z",
    working,
    expectedEnd: "2026-11-23T12:45:00Z",
    runUrl: null,
  };

  it("that the window has ended, what it works on, and when it should be done", () => {
    const text = allText(lateMessage(late));
    expect(text).toContain(
      "goes on after its window*, which ended at 13:00 CET (`weekly-2026-11-23`). It should be done at about 13:45 CET.",
    );
    expect(text).toContain("• *packit-service*: images are being built (2 of 4 jobs)");
    expect(allText(lateMessage({ ...late, expectedEnd: "2026-11-23T12:10:00Z" }))).toContain(
      "Nobody can tell when it ends.",
    );
  });

  it("that images reached production that it did not bring", () => {
    const streams = [
      { name: "packit-worker", from: `sha256:${"a".repeat(64)}`, to: `sha256:${"b".repeat(64)}` },
    ];
    const text = allText(foreignImagesMessage({ ...facts, status: "rejected", streams }));
    expect(text).toContain(
      "though the run `weekly-2026-11-23` was rejected. The cluster imported 1 image stream by itself.",
    );
    expect(text).toContain("• *packit-worker*: `aaaaaaaaaaaa` → `bbbbbbbbbbbb`");
  });
});

describe("whatever comes in", () => {
  const answers = fc.array(
    fc.record({
      answer: fc.constantFrom("retry" as const, "skip" as const, "abort" as const),
      label: strange,
      does: strange,
    }),
    { minLength: 1, maxLength: 3 },
  );
  const via = fc.constantFrom("page" as const, "deadline" as const, "run" as const);
  const kind = fc.constantFrom("failed" as const, "paused" as const);

  it("no mention of a stranger survives, and Slack takes the message", () => {
    fc.assert(
      fc.property(strange, strange, answers, kind, via, (text, other, offered, kindOf, viaOf) => {
        const texts = {
          service: text,
          run: other,
          error: text,
          reason: other,
          step: text,
          repository: other,
        };
        const question = asked({ ...texts, kind: kindOf, answers: offered });
        const message = { ...facts, ...texts, question };
        const who = { name: other, slack: null };
        const buttons = offered.map(({ answer }) => ({ answer, value: "v".repeat(2000) }));
        const many = Array.from({ length: 60 }, () => who);
        const controlled = { ...message, by: who, at: facts.now, comment: text, moved: true };
        const repositories = many.map(() => ({ name: text, stage: "building" as const, note: other }));
        const streams = many.map(() => ({ name: text, from: other, to: text }));
        const all = [
          stepQuestionMessage({ ...message, mention: many.slice(0, 10), buttons, consoleUrl: text }),
          stepQuestionLinkMessage({ ...message, url: other }),
          stepQuestionReminder({ ...message, mention: many.slice(0, 10), url: text }),
          stepAnsweredMessage(message, answered({ via: viaOf, comment: text }), who),
          controlMessage({ ...controlled, action: "pause", buttons: { resume: "v".repeat(2000) } }),
          controlMessage({ ...controlled, action: "veto", buttons: {} }),
          controlLinkMessage({ ...message, url: text, expiresAt: facts.now }),
          lateMessage({
            ...message,
            windowEnd: facts.now,
            working: repositories,
            expectedEnd: null,
            runUrl: other,
          }),
          foreignImagesMessage({ ...message, status: "aborted", streams }),
        ];
        for (const each of all) expectToFit(each);
      }),
      { numRuns: 100 },
    );
  });
});
