import { expect, test } from "vitest";
import { catalog } from "../../functions/catalog.ts";
import { RequestRefused } from "../../functions/runtime/errors.ts";
import { loadDefinition, statesOf } from "../../infra/local/step-functions/definition.ts";
import { type TestHandler, testEngine } from "../support/step-functions.ts";

/** Where the flow of the news goes, on the embedded engine, with steps that answer as they are told. */

const names = Object.fromEntries(Object.keys(catalog).map((name) => [name, name]));
const definition = loadDefinition("statemachine/weekly-news.asl.yaml", names);

/** The last answer of each step stands for all later calls. */
async function walk(answers: Record<string, unknown[]>): Promise<{ status: string; path: string[] }> {
  const resume: { succeed?: (token: string) => Promise<unknown> } = {};
  const left = new Map(Object.entries(answers).map(([name, all]) => [name, [...all]]));
  const handler =
    (name: string): TestHandler =>
    async ({ taskToken }) => {
      const all = left.get(name) ?? [];
      const answer = all.length > 1 ? all.shift() : all[0];
      if (answer instanceof Error) throw answer;
      if (typeof taskToken === "string") await resume.succeed?.(taskToken);
      return answer ?? {};
    };
  const handlers = Object.fromEntries(Object.keys(catalog).map((name) => [name, handler(name)]));
  const engine = await testEngine(definition, handlers, { speed: 100_000 });
  resume.succeed = async (token) => await engine.succeed(token, { key: "k", id: "i" });
  const arn = await engine.start({ run: "weekly-2026-11-23" });
  const { status } = await engine.ended(arn);
  return { status, path: engine.calls.map(({ functionName }) => functionName) };
}

const well = {
  DraftPost: [{ outcome: "drafted" }],
  ReadReview: [{ outcome: "approved" }],
  ReadProduction: [{ outcome: "deployed" }],
  PublishPost: [{ outcome: "published" }],
  AwaitSite: [{ shown: true }],
  ReadToots: [{ answer: "publish" }],
};
const straight = [
  "DraftPost",
  "AwaitReview",
  "ReadReview",
  "AwaitProduction",
  "ReadProduction",
  "PublishPost",
  "AwaitSite",
];
const toots = ["AskToots", "ReadToots", "PublishToots"];

test("from the draft to the site, and to the toots", async () => {
  expect(await walk(well)).toEqual({ status: "SUCCEEDED", path: [...straight, ...toots] });
});

test("nothing is tooted that nobody approved", async () => {
  const { status, path } = await walk({ ...well, ReadToots: [{ answer: "skip" }] });
  expect({ status, path }).toEqual({ status: "SUCCEEDED", path: [...straight, ...toots.slice(0, 2)] });
});

test.each([
  ["no news", { DraftPost: [{ outcome: "none" }] }, ["DraftPost"]],
  ["closed or expired", { ReadReview: [{ outcome: "over" }] }, straight.slice(0, 3)],
  ["withheld", { ReadProduction: [{ outcome: "withheld" }] }, straight.slice(0, 5)],
])("%s: it is over, in all order", async (_, change, path) => {
  expect(await walk({ ...well, ...change })).toEqual({ status: "SUCCEEDED", path });
});

test("a review is waited for again, also after the post changed or production did", async () => {
  const { status, path } = await walk({
    ...well,
    ReadReview: [{ outcome: "waiting" }, { outcome: "approved" }],
    ReadProduction: [{ outcome: "running" }, { outcome: "changed" }, { outcome: "deployed" }],
    PublishPost: [{ outcome: "moved" }, { outcome: "published" }],
    AwaitSite: [{ shown: false }, { shown: true }],
  });
  expect(status).toBe("SUCCEEDED");
  const review = ["AwaitReview", "ReadReview"];
  const production = ["AwaitProduction", "ReadProduction"];
  expect(path).toEqual([
    ...["DraftPost", ...review, ...review, ...production, ...production],
    ...["DraftPost", ...review, ...production, "PublishPost"],
    ...[...review, ...production, "PublishPost", "AwaitSite", "AwaitSite", ...toots],
  ]);
});

test("merged by a person, it is published without another look at production", async () => {
  const { path } = await walk({ ...well, ReadReview: [{ outcome: "merged" }] });
  expect(path).toEqual([...straight.slice(0, 3), "PublishPost", "AwaitSite", ...toots]);
});

const failing = [...statesOf(definition)].flatMap(([name, { Type }]) =>
  Type === "Task" && name !== "TellProblem" ? [name] : [],
);

test.each(failing)("%s that fails for good is told, and tried again after a pause", async (step) => {
  const answers: Record<string, unknown[]> = { ...well };
  answers[step] = [new RequestRefused("no"), ...(answers[step] ?? [{}])];
  const { status, path } = await walk({ ...answers, TellProblem: [{ goTo: `retry ${step}` }] });
  expect(status).toBe("SUCCEEDED");
  const told = path.indexOf("TellProblem");
  expect(path[told - 1]).toBe(step);
  expect(path.slice(told + 1)).toContain(step);
  expect(path.at(-1)).toBe("PublishToots");
});

test("given up, or without anybody to tell, it has failed", async () => {
  const refused = { ...well, DraftPost: [new RequestRefused("no")] };
  expect(await walk({ ...refused, TellProblem: [{ goTo: "giveUp" }] })).toMatchObject({ status: "FAILED" });
  expect(await walk({ ...refused, TellProblem: [new RequestRefused("no")] })).toMatchObject({
    status: "FAILED",
  });
});
