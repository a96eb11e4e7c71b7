import { SendTaskSuccessCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { catalog } from "../../functions/catalog.ts";
import { githubRunKey, stopKey } from "../../functions/domain/keys.ts";
import type { PromotionPlan } from "../../functions/domain/promotion-plan.ts";
import type { ConfigInput } from "../../functions/runtime/config.ts";
import { forgetLazyValues } from "../../functions/runtime/lazy.ts";
import { runs } from "../../functions/store/runs.ts";
import { waits } from "../../functions/waits.ts";
import { packit } from "../../infra/config/packit.ts";
import { loadDefinition } from "../../infra/local/step-functions/definition.ts";
import { startStepFunctions } from "../../infra/local/step-functions/index.ts";
import { askingRun, sampleReport } from "./http-system.ts";
import { planOf, repositoryState } from "./repository-states.ts";

const workflow = ".github/workflows/build-and-push.yml";

/** The configuration of a team with so many repositories, each with an image. */
export function bigConfig(count: number): Partial<ConfigInput> {
  const repositories = namesOf(count).map((name) => ({
    name,
    build: { workflow, dispatch: true, images: [{ name, uniqueTag: "stable-{sha7}", stream: name }] },
  }));
  return { repositories, post: { ...packit.post, order: [], libraries: [] } };
}

export interface BigRun {
  run: string;
  repositories: string[];
  /** Brings the build of a repository to its end, in the store and in the execution. */
  finishBuild(repository: string): Promise<void>;
  close(): Promise<void>;
}

interface Payload {
  repository?: string;
  taskToken?: string;
}

/**
 * A run with many repositories, all of whose builds are under way: the weekly state machine on the embedded engine, with
 * functions that only say yes, and a store that holds what the real ones would have written. For a system that was
 * started with `bigConfig`.
 */
export async function startBigRun(count: number): Promise<BigRun> {
  const repositories = namesOf(count);
  const tokens = new Map<string, string>();
  const building = Promise.withResolvers<void>();
  const engine = await startStepFunctions({
    definitions: [{ name: "weekly-deployment", definition: weekly() }],
    invoke: async (name, payload) => answerOf(name, payload as Payload),
    speed: 1,
    stateFile: null,
  });
  process.env.AWS_ENDPOINT_URL_SFN = engine.url;
  forgetLazyValues();
  const client = new SFNClient({});
  const succeed = async (taskToken: string) =>
    await client.send(new SendTaskSuccessCommand({ taskToken, output: '{"key":"k","id":"i"}' }));

  function answerOf(name: string, { repository = "", taskToken }: Payload): unknown {
    if (name === "AwaitBuild" && taskToken) {
      tokens.set(repository, taskToken);
      // No more than ten at once, as the state machine says.
      if (tokens.size >= Math.min(10, count)) building.resolve();
    } else if (taskToken) setImmediate(() => void succeed(taskToken));
    return answers(repositories)[name] ?? {};
  }

  const { run, plan } = await askingRun({ plan: bigPlan(repositories) });
  const input = { run: run.id, kind: "weekly", scheduledFor: run.scheduledFor, only: [], purpose: "" };
  const { executionArn: execution = "" } = await client.send(
    new StartExecutionCommand({
      stateMachineArn: engine.arn("weekly-deployment"),
      name: run.id,
      input: JSON.stringify(input),
    }),
  );
  await fillStore(run.id, execution, plan);
  await building.promise;
  return {
    run: run.id,
    repositories,
    async finishBuild(repository) {
      const digest = `sha256:${"ab".repeat(32)}`;
      const images = { [repository]: { digest, streamDigest: digest } };
      await runs().saveRepository(run.id, repository, {
        stage: "pushed",
        buildRun: { ...buildOf(repository), conclusion: "success" },
        images,
      });
      const token = tokens.get(repository);
      if (token) await succeed(token);
    },
    async close() {
      client.destroy();
      await engine.close();
    },
  };
}

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `service-${String(index + 1).padStart(2, "0")}`);
}

function bigPlan(repositories: readonly string[]): PromotionPlan {
  const build = { dispatch: true };
  return planOf(repositories.map((name, index) => repositoryState(name, { ahead: 2 + (index % 5), build })));
}

function weekly() {
  const functions = Object.fromEntries(Object.keys(catalog).map((name) => [name, name]));
  const file = new URL("../../statemachine/weekly-deployment.asl.yaml", import.meta.url).pathname;
  return loadDefinition(file, functions);
}

/** What the functions return that the state machine reads. */
function answers(repositories: readonly string[]): Record<string, object> {
  const wave = repositories.map((repository) => ({ repository, action: "move", dispatch: false }));
  const work = repositories.length;
  return {
    OpenRun: { status: "open", reason: "" },
    PlanPromotion: { version: 1, question: "approval-1", work },
    ReadDecision: { answer: "approve", until: "", reason: "", work, waves: [wave] },
    ListBuilds: { repositories, count: work },
    ConfirmBuild: { confirmed: true },
    ConfirmPush: { confirmed: true },
  };
}

function buildOf(repository: string) {
  const id = 4000 + Number(repository.slice(-2));
  return {
    id,
    attempt: 1,
    url: `https://github.com/packit/${repository}/actions/runs/${id}`,
    conclusion: null,
  };
}

async function fillStore(run: string, execution: string, plan: PromotionPlan): Promise<void> {
  const now = Date.now();
  const iso = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
  await runs().update(run, { execution, approvedAt: iso(0), expectedEnd: iso(45), decision: "approve" });
  await runs().decide(run, {
    question: "approval-1",
    answer: "approve",
    by: "ben-packit",
    at: iso(0),
    via: "page",
    planDigest: plan.digest,
    changes: null,
    until: null,
    comment: null,
  });
  await runs().saveApproved(run, plan);
  await runs().saveReport(run, "baseline", { ...sampleReport, environment: "production" });
  for (const { name, to } of plan.repositories) {
    await runs().saveRepository(run, name, { stage: "building", buildRun: buildOf(name) });
    const key = githubRunKey({ owner: "packit", repository: name, branch: "stable", workflow, sha: to });
    await waits().register({
      id: `${run}/AwaitBuild/${name}`,
      run,
      keys: [key, stopKey(run)],
      after: {},
      token: `token-in-the-store-of-${name}`,
      deadline: iso(120),
    });
    await runs().record(run, { code: "repository.moved", text: `${name} moved` });
  }
}
