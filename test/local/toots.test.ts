import { afterEach, expect, test, vi } from "vitest";
import { parse } from "yaml";
import type { ConfigInput } from "../../functions/runtime/config.ts";
import { RequestRefused } from "../../functions/runtime/errors.ts";
import { createMastodon } from "../../functions/services/mastodon.ts";
import { handler as askToots } from "../../functions/steps/ask-toots.ts";
import { handler as publishToots } from "../../functions/steps/publish-toots.ts";
import { notePublishedPost } from "../../functions/steps/published-post.ts";
import { handler as readToots } from "../../functions/steps/read-toots.ts";
import { questions } from "../../functions/store/questions.ts";
import { runs } from "../../functions/store/runs.ts";
import { packit } from "../../infra/config/packit.ts";
import { answerByLink } from "../../infra/local/approver.ts";
import { startTestSystem, type TestSystem } from "../support/local-system.ts";
import { testEngine } from "../support/step-functions.ts";

let system: TestSystem;
afterEach(async () => await system.close());

/** The states of the news flow that are about toots. */
const definition = parse(`
StartAt: AskToots
States:
  AskToots:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke.waitForTaskToken
    Parameters: { FunctionName: AskToots, Payload: { run.$: $.run, taskToken.$: $$.Task.Token } }
    ResultPath: null
    TimeoutSeconds: 600
    Catch: [{ ErrorEquals: [States.Timeout], ResultPath: null, Next: AskToots }]
    Next: ReadToots
  ReadToots:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Parameters: { FunctionName: ReadToots, Payload: { run.$: $.run } }
    ResultSelector: { answer.$: $.Payload.answer }
    ResultPath: $.toots
    TimeoutSeconds: 60
    Next: TootsApproved
  TootsApproved:
    Type: Choice
    Choices: [{ Variable: $.toots.answer, StringEquals: publish, Next: PublishToots }]
    Default: NoToots
  PublishToots:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Parameters: { FunctionName: PublishToots, Payload: { run.$: $.run } }
    ResultSelector: { published.$: $.Payload.published }
    ResultPath: $.toots
    TimeoutSeconds: 120
    End: true
  NoToots: { Type: Succeed }
`);

const run = "weekly-2026-11-23";
const url = "https://packit.dev/posts/weekly/2026/week-47";
const content = [
  "---",
  "title: Packit in November 2026",
  "---",
  "",
  "## Week 47",
  "",
  "- Packit builds *faster* <!channel> ([packit#1](https://github.com/packit/packit/pull/1))",
  "- The dashboard shows logs. ([dashboard#2](https://github.com/packit/dashboard/pull/2))",
  "- Ogr is smaller.",
].join("\n");

async function openRun(id: string) {
  const now = new Date().toISOString();
  await runs().open({
    id,
    kind: "weekly",
    purpose: "",
    only: [],
    supersedes: null,
    execution: "arn:aws:states:eu-central-1:1:execution:stablehand-weekly-deployment:x",
    scheduledFor: now,
    openedAt: now,
    endedAt: now,
    status: "finished",
    reason: "deployed",
    duty: { login: "ada-packit", how: "assigned", note: null },
    decision: "approve",
    approvedAt: now,
    planVersion: null,
    expectedEnd: now,
    windowEnd: now,
  });
}

/** A run that has ended, and its published post. */
async function start(changes: Partial<NonNullable<ConfigInput["mastodon"]>> = {}, post = true) {
  const mastodon = { instanceUrl: "https://fosstodon.org", ...changes };
  system = await startTestSystem({ config: { ...packit, mastodon } });
  await openRun(run);
  if (post) await notePublishedPost(run, { title: "Packit in November 2026", url, content });
  return system.world.mastodon;
}

async function startFlow() {
  const flow = await testEngine(definition, {
    AskToots: askToots,
    ReadToots: readToots,
    PublishToots: publishToots,
  });
  process.env.AWS_ENDPOINT_URL_SFN = flow.engine.url;
  return { flow, execution: await flow.start({ run }) };
}

const texts = [
  `Packit in November 2026\n\nPackit builds faster <!channel>\n\n${url}`,
  `The dashboard shows logs.\n\n${url}`,
  `Ogr is smaller.\n\n${url}`,
];

test("nothing is public before an approver has seen it; then the first toot is there and the others are scheduled", async () => {
  const mastodon = await start();
  const { flow, execution } = await startFlow();
  const link = await system.link("ada-packit");
  const page = await (await fetch(link)).text();
  expect(page).toContain("Packit builds faster &lt;!channel&gt;");
  expect(mastodon.statuses()).toEqual([]);

  await answerByLink(link, "publish");

  expect(await flow.ended(execution)).toMatchObject({
    status: "SUCCEEDED",
    output: { toots: { published: 3 } },
  });
  expect(mastodon.statuses().map(({ text }) => text)).toEqual(texts.slice(0, 1));
  expect(mastodon.scheduled().map(({ text }) => text)).toEqual(texts.slice(1));
  const [first, second] = mastodon.scheduled().map(({ scheduledAt }) => Date.parse(scheduledAt));
  expect((second ?? 0) - (first ?? 0)).toBe(24 * 60 * 60 * 1000);

  await publishToots({ run });
  expect([mastodon.statuses().length, mastodon.scheduled().length]).toEqual([1, 2]);
  const messages = await system.world.slack.messages(system.config.slack.channel);
  expect(JSON.stringify(messages)).toContain("&lt;!channel&gt;");
  expect(JSON.stringify(messages)).not.toContain("<!channel>");
  expect(messages.at(-1)?.text).toContain("Ada: Publish");
});

test("a toot that was posted by somebody who died is found, even when the instance has forgotten its key", async () => {
  const mastodon = await start();
  await askToots({ run, taskToken: "gone" });
  await answerByLink(await system.link("ada-packit"), "publish");
  const client = createMastodon({ instanceUrl: mastodon.url, accessToken: mastodon.accessToken });
  const at = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString();
  const common = { visibility: "public", language: "en" } as const;
  for (const index of [0, 1]) await runs().remember(run, `toot-attempt/${index}`, new Date().toISOString());
  await client.post({ ...common, text: texts[0] ?? "", key: "forgotten-0" });
  await client.post({ ...common, text: texts[1] ?? "", key: "forgotten-1", scheduledAt: at });

  await publishToots({ run });

  expect(mastodon.statuses().map(({ text }) => text)).toEqual(texts.slice(0, 1));
  expect(mastodon.scheduled().map(({ text }) => text)).toEqual(texts.slice(1));
});

test("a thread is posted at once, each toot a reply to the one before", async () => {
  const mastodon = await start({ mode: "thread" });
  const long = `${content}\n- ${"word ".repeat(200)}`;
  const other = `${run}-2`;
  await openRun(other);
  await notePublishedPost(other, {
    title: "T",
    url,
    content: long.replace("Ogr is smaller.", "word ".repeat(200)),
  });
  await askToots({ run: other, taskToken: "gone" });
  await answerByLink(await system.link("ada-packit"), "publish");
  await publishToots({ run: other });

  const statuses = mastodon.statuses();
  expect(statuses.length).toBeGreaterThan(2);
  expect(statuses.map((each) => each.inReplyToId)).toEqual([
    null,
    ...statuses.slice(0, -1).map(({ id }) => id),
  ]);
  expect(mastodon.scheduled()).toEqual([]);
});

test("without an approval nothing is tooted: skipped, not answered in time, no post, or no question at all", async () => {
  const mastodon = await start({ questionHours: 0.00001 });
  await expect(publishToots({ run })).rejects.toThrow(RequestRefused);

  await askToots({ run, taskToken: "gone" });
  await vi.waitFor(async () => {
    await askToots({ run, taskToken: "gone" });
    expect(await questions().answerTo(run, "AskToots-1")).toMatchObject({ answer: "skip", via: "deadline" });
  }, 10_000);
  expect(await readToots({ run })).toEqual({ answer: "skip" });
  await expect(publishToots({ run })).rejects.toThrow(RequestRefused);
  expect([mastodon.statuses(), mastodon.scheduled()]).toEqual([[], []]);
});

test("an approver's no ends it, and a run without a post asks nobody", async () => {
  const mastodon = await start();
  const { flow, execution } = await startFlow();
  await answerByLink(await system.link("ben-packit"), "skip");
  expect(await flow.ended(execution)).toMatchObject({ status: "SUCCEEDED" });

  const silent = await flow.start({ run: "weekly-without-a-post" });
  expect(await flow.ended(silent)).toMatchObject({ status: "SUCCEEDED" });
  expect(await questions().all("weekly-without-a-post")).toEqual([]);
  expect([mastodon.statuses(), mastodon.scheduled()]).toEqual([[], []]);
});
