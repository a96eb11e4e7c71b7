import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SFNClient } from "@aws-sdk/client-sfn";
import { catalog } from "../../functions/catalog.ts";
import type { Config, ConfigInput } from "../../functions/runtime/config.ts";
import type { Variable } from "../../functions/runtime/environment.ts";
import { forgetLazyValues, lazy } from "../../functions/runtime/lazy.ts";
import type { Flow } from "../../functions/services/step-functions.ts";
import { ledger } from "../../functions/store/ledger.ts";
import { type LocalCodeBuild, startCodeBuild } from "./codebuild/index.ts";
import { keepDisk } from "./disk.ts";
import { localTable } from "./dynamodb.ts";
import { offerEnvironment } from "./environment-file.ts";
import { type HttpApi, startHttpApi } from "./http-api.ts";
import { embeddedPlatform, type Platform } from "./platform.ts";
import { startSecretsManager } from "./secrets-manager.ts";
import { consoleApp } from "./step-functions/console.tsx";
import { type Definition, loadDefinition, statesOf } from "./step-functions/definition.ts";
import type { Transition } from "./step-functions/index.ts";
import type { Faults } from "./world/faults.ts";
import { startWorld, type World } from "./world/index.ts";
import type { WorldSeed } from "./world/seed.ts";

export interface SystemOptions {
  config: ConfigInput;
  seed: WorldSeed;
  /** How many times faster than life machines work. */
  speed: number;
  /** The same for the windows that people have. */
  peopleSpeed: number;
  /** Of the HTTP API; 0: any free one. */
  port: number;
  /** Folder that keeps store and world; null: in memory. */
  stateDir: string | null;
  /** What is to go wrong; default: nothing. */
  faults?: Faults;
  /** The flows that it can run beside the weekly deployment, its rollback and its news; default: none. */
  flows?: (keyof typeof further)[];
  /** What stands in AWS's place, where it is not the embedded parts. */
  platform?: Partial<Platform>;
  log: (source: string, text: string) => void;
}

export interface System {
  /** The HTTP API: webhooks, pages, and the console of the embedded engine under `/console`. */
  url: string;
  config: Config;
  world: World;
  codebuild: Pick<LocalCodeBuild, "builds">;
  stepFunctions: SFNClient;
  stateMachine: string;
  newsStateMachine: string;
  /** The states that do something or wait; the others only route. */
  workingStates: ReadonlySet<string>;
  /** The runs of an earlier process that was killed, which were closed at the start. */
  leftBehind: string[];
  onTransition(listener: (transition: Transition) => void): void;
  invoke(functionName: string, payload: unknown): Promise<unknown>;
  /** Resolves when every execution that ended by now is closed. */
  settled(): Promise<void>;
  /** Saves what is to be kept and stops every server. */
  close(): Promise<void>;
  /** Ends it as SIGKILL would: what is on the disk now is all that is left. */
  kill(): Promise<void>;
}

const region = "eu-central-1";
const secretsPrefix = "stablehand/";
const buildsPrefix = "stablehand-";

/**
 * Stablehand on one machine: the embedded engine, store and secrets in AWS's place, the world in the place of the
 * outside systems, and between them the very functions and state machines that are deployed.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { speed, peopleSpeed, stateDir, log } = options;
  const platform: Platform = { ...embeddedPlatform, ...options.platform };
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const scratch = await mkdtemp(join(tmpdir(), "stablehand-"));
    closing.push(async () => await rm(scratch, { recursive: true, force: true }));
    if (stateDir) await mkdir(join(stateDir, "world"), { recursive: true });

    forgetLazyValues();
    const quaySecret = randomBytes(24).toString("hex");
    let variables: Record<string, string> = {};
    const lambda = await platform.startLambda(() => variables);
    closing.push(lambda.close);
    // The world sends what it has to send as soon as it is there: until the functions can work, that has to wait.
    const ready = Promise.withResolvers<void>();
    // Drawing takes as long as a step or two, so the first page of a run waits for it and the run does not.
    const draw = lazy(async () => await (await import("../bundle.ts")).writeDrawings(scratch));
    const api = await openHttpApi(options, async (name, payload) => {
      await ready.promise;
      if (name === "RunPages") await draw();
      return await lambda.invoke(name, payload);
    });
    closing.push(api.close);

    const world = await startWorld({
      config: options.config,
      seed: options.seed,
      speed,
      stateDir: stateDir && join(stateDir, "world"),
      targets: {
        github: `${api.url}/webhooks/github`,
        quay: `${api.url}/webhooks/quay/${quaySecret}`,
        slack: `${api.url}/webhooks/slack`,
      },
      faults: options.faults,
      log,
    });
    closing.push(async () => {
      await world.save();
      await world.close();
    });
    const secrets = await startSecretsManager(
      Object.fromEntries(
        Object.entries({
          ...world.secrets,
          quay: { token: world.quayToken, webhookSecrets: [quaySecret] },
          links: { signingKeys: [randomBytes(32).toString("hex")] },
        }).map(([name, value]) => [`${secretsPrefix}${name}`, value]),
      ),
    );
    closing.push(secrets.close);
    const dynamodb = await platform.startDynamoDB({ path: stateDir && join(stateDir, "dynamodb") });
    closing.push(dynamodb.close);
    // What is still at work when the engine stops needs its store to the end.
    closing.push(lambda.settled);
    const definitions = [...everywhere, ...(options.flows ?? [])].map((name) => ({
      name,
      definition: definitionOf(name),
    }));
    const states = definitions.flatMap(({ definition }) => [...statesOf(definition)]);
    const engine = await platform.startStepFunctions({
      definitions,
      invoke: lambda.invoke,
      functions: lambda.names,
      region,
      speed,
      peopleStates: states.map(([name]) => name).filter((name) => name.startsWith("Ask")),
      peopleSpeed,
      // Copr sends nothing, and neither does time.
      askingStates: ["AwaitDependencies", "AwaitSoak"],
      stateFile: stateDir && join(stateDir, "step-functions.json"),
    });
    closing.push(engine.close);

    const config = compress(world.config, speed, peopleSpeed);
    const codebuild = await startCodeBuild({
      prefix: buildsPrefix,
      region,
      secrets: world.secrets,
      log: (text) => log("codebuild", text),
      prepare: async (folder, project) => (await world.deployment?.prepare(folder, project)) ?? {},
      onEvent: async (event) => {
        await lambda
          .invoke("SignalBuild", event)
          .catch((thrown: unknown) => log("SignalBuild", `failed: ${thrown}`));
      },
    });
    closing.push(codebuild.close);
    const configFile = join(scratch, "config.json");
    await writeFile(configFile, JSON.stringify(config));
    const stateMachine = engine.arn("weekly-deployment");
    const newsStateMachine = engine.arn("weekly-news");
    const workingStates = new Set(
      states
        .filter(([, state]) => ["Task", "Wait", "Map", "Parallel"].includes(state.Type))
        .map(([name]) => name),
    );
    variables = setEnvironment({
      AWS_ENDPOINT_URL_CODEBUILD: codebuild.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
      AWS_ENDPOINT_URL_SFN: engine.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      STABLEHAND_CONFIG: configFile,
      STABLEHAND_TABLE: localTable,
      STABLEHAND_SECRETS: secretsPrefix,
      STABLEHAND_STATE_MACHINE: stateMachine,
      STABLEHAND_BUILDS: buildsPrefix,
      STABLEHAND_NEWS_STATE_MACHINE: newsStateMachine,
      STABLEHAND_ROLLBACK: engine.arn("rollback"),
      ...Object.fromEntries((options.flows ?? []).map((flow) => [further[flow], engine.arn(flow)])),
      STABLEHAND_URL: api.url,
      STABLEHAND_CONSOLE: `${api.url}/console/{name}`,
    });
    if (stateDir) closing.push(await offerEnvironment(stateDir, variables));
    await seedLedger(world);
    ready.resolve();
    // What EventBridge's rule does on AWS, also for the executions that an earlier process left behind.
    const closeTerminated = async ({ name, status }: { name: string; status: string }) => {
      if (status === "SUCCEEDED") return;
      await lambda.invoke("CloseTerminated", { detail: { name, status } });
    };
    const closeOrLog = async (ended: { name: string; status: string }) =>
      await closeTerminated(ended).catch((thrown) => log("CloseTerminated", `failed: ${thrown}`));
    let settled = Promise.resolve();
    engine.onExecutionEnded((ended) => {
      const closed = closeOrLog(ended);
      settled = settled.then(() => closed);
    });
    for (const ended of engine.abandoned) await closeOrLog(ended);
    const stepFunctions = new SFNClient({});
    closing.push(async () => stepFunctions.destroy());
    api.serveConsole(stepFunctions);
    return {
      url: api.url,
      config,
      world,
      codebuild,
      stepFunctions,
      stateMachine,
      newsStateMachine,
      workingStates,
      leftBehind: engine.abandoned
        .filter(({ stateMachineArn }) => stateMachineArn === stateMachine)
        .map(({ name }) => name),
      onTransition: engine.onTransition,
      invoke: lambda.invoke,
      settled: async () => await settled,
      close,
      kill: async () => {
        const disk = stateDir === null ? null : keepDisk(stateDir);
        await close();
        await lambda.settled();
        disk?.restore();
      },
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Where the world knows what was applied last, an earlier run of ours has applied it. */
async function seedLedger({ deployment }: World): Promise<void> {
  if (!deployment?.lastApplied || (await ledger().appliedObjects())) return;
  const at = new Date(Date.now() - 7 * 24 * 60 * 60_000).toISOString();
  await ledger().setAppliedObjects({ ...deployment.lastApplied, run: `weekly-${at.slice(0, 10)}`, at });
}

/** The port is needed before the engine whose console it serves is there. */
async function openHttpApi(
  { port, log }: SystemOptions,
  invoke: (functionName: string, payload: unknown) => Promise<unknown>,
): Promise<HttpApi & { serveConsole(client: SFNClient): void }> {
  let served: ReturnType<typeof consoleApp> | undefined;
  const api = await startHttpApi({
    port,
    // The gateway checks what it got; these two Lambdas answer with its result type.
    invoke: async (name, event) => (await invoke(name, event)) as never,
    mount: {
      "/console": async (request) => served?.fetch(request) ?? new Response("starting", { status: 503 }),
    },
    onError: (name, thrown) => log(name, `failed: ${thrown instanceof Error ? thrown.stack : thrown}`),
  });
  return {
    ...api,
    serveConsole(client) {
      served = consoleApp({ client });
    },
  };
}

const everywhere = ["weekly-deployment", "rollback", "weekly-news"];

/** Flows that only who needs them loads, and the variable that each is found by. */
const further = {
  "registry-cleanup": "STABLEHAND_CLEANUP",
  "firewall-request": "STABLEHAND_FIREWALL",
} as const satisfies Partial<Record<Flow, Variable>>;

const loaded = new Map<string, Definition>();

/** Read and validated once a process: that takes as long as everything else at the start. */
function definitionOf(flow: string): Definition {
  const names = Object.fromEntries(Object.keys(catalog).map((name) => [name, name]));
  const file = new URL(`../../statemachine/${flow}.asl.yaml`, import.meta.url).pathname;
  const definition = loaded.get(flow) ?? loadDefinition(file, names);
  loaded.set(flow, definition);
  return definition;
}

/** What machines have as time is compressed as they are; the windows for people by a speed of their own. */
function compress(config: Config, speed: number, peopleSpeed: number): Config {
  const { limits, schedule, health, news, cleanup, firewall } = config;
  // The functions themselves work at their usual pace, so no limit goes below what they need. Above a speed of 1000
  // that is less, since then people want to see an end, or not to wait for a limit.
  const haste = (factor: number) => Math.min(1, 1000 / factor);
  const machine = (minutes: number) => Math.max(minutes / speed, 0.25 * haste(speed));
  return {
    ...config,
    cleanup: cleanup && {
      ...cleanup,
      answerHours: Math.max(cleanup.answerHours / peopleSpeed, 0.01),
      requestsPerSecond: cleanup.requestsPerSecond * speed,
    },
    firewall: firewall && {
      ...firewall,
      probeMinutes: machine(firewall.probeMinutes),
      // A look takes its time here too, so a fast life has some looks at least.
      days: Math.max(firewall.days / speed, 0.0005),
    },
    schedule: { ...schedule, windowMinutes: Math.max(schedule.windowMinutes / peopleSpeed, 0.5) },
    health: {
      ...health,
      startingMinutes: machine(health.startingMinutes),
      terminatingMinutes: machine(health.terminatingMinutes),
    },
    news: news && {
      ...news,
      // The whole deployment passes before a post can be published.
      deadlineDays: Math.max(news.deadlineDays / peopleSpeed, 5 / (24 * 60)),
      reminderHours: Math.max(news.reminderHours / peopleSpeed, 1 / 60),
      siteMinutes: machine(news.siteMinutes),
    },
    limits: {
      expectedMinutes: limits.expectedMinutes / speed,
      reminderMinutes: Math.max(limits.reminderMinutes / peopleSpeed, 0.1 * haste(peopleSpeed)),
      questionMinutes: Math.max(limits.questionMinutes / peopleSpeed, 0.5),
      buildStartMinutes: machine(limits.buildStartMinutes),
      rpmMinutes: machine(limits.rpmMinutes),
      buildMinutes: machine(limits.buildMinutes),
      pushMinutes: machine(limits.pushMinutes),
      // Their jobs run as processes of this machine, at its pace.
      vaultMinutes: Math.max(limits.vaultMinutes / speed, 1),
      objectsMinutes: Math.max(limits.objectsMinutes / speed, 1),
      rolloutMinutes: machine(limits.rolloutMinutes),
      rolloutWatchMinutes: machine(limits.rolloutWatchMinutes),
      soakMinutes: limits.soakMinutes / speed,
      terminatingMinutes: limits.terminatingMinutes / speed,
    },
  };
}

/** The clients of AWS find the embedded parts by these, and can find nothing else. @returns all that were set. */
function setEnvironment(variables: Record<string, string>): Record<string, string> {
  const all = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_EC2_METADATA_DISABLED: "true",
    ...variables,
  };
  delete process.env.AWS_PROFILE;
  Object.assign(process.env, all);
  return all;
}
