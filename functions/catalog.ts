import type { SecretName } from "./runtime/secrets.ts";

/**
 * What a function may ask of the state machines: resume a waiting state of any flow but the news, or of the news; ask
 * about executions of any but the news, and read what they did; start one of each.
 */
export type StateMachineRight =
  | "sendTask"
  | "describe"
  | "history"
  | "start"
  | "startRollback"
  | "startCleanup"
  | "startFirewall"
  | "sendNewsTask"
  | "startNews";

/** Events that call a function without waiting for its answer. */
export type EventSource = "schedule" | "executionEnded" | "buildEnded";

/** Jobs that run in CodeBuild; `infra/codebuild` defines them. */
export type BuildProject = "read-vault" | "apply-objects";

export interface CatalogEntry {
  /** The file whose `handler` is deployed, from the project's root. */
  entry: string;
  /** The Task states that it serves; empty for what is not a step. */
  states: string[];
  /** The secrets that it reads, and no others. */
  secrets: SecretName[];
  table: "none" | "read" | "readWrite";
  /** The routes of the HTTP API that it answers, as API Gateway writes them: `POST /webhooks/quay/{secret}`. */
  routes?: string[];
  /** Its bundle holds the drawings of the flows. */
  drawsFlows?: true;
  /** Left out: it is called by states and requests alone. */
  on?: EventSource;
  stateMachine: StateMachineRight[];
  /** Left out: it has nothing to do with CodeBuild. */
  build?: { project: BuildProject; right: "start" | "read" };
  memoryMb: number;
  /** Shorter than the timeout of every state that it serves. */
  timeoutSeconds: number;
}

const small = { memoryMb: 512, timeoutSeconds: 50 };
/** The Kubernetes client is large: memory buys it a faster start. */
const cluster = { memoryMb: 1024, timeoutSeconds: 110 };

function step(
  state: string,
  file: string,
  rest: Partial<CatalogEntry> & Pick<CatalogEntry, "secrets">,
): CatalogEntry {
  return {
    entry: `functions/steps/${file}.ts`,
    states: [state],
    table: "readWrite",
    stateMachine: [],
    ...small,
    ...rest,
  };
}

/**
 * Every Lambda of the system, by name. The stack and the embedded engine both read it: what a function may do there is
 * what it may do here. In the state machines a Task names its function as `${Name}`.
 */
export const catalog: Record<string, CatalogEntry> = {
  StartRun: {
    entry: "functions/start-run.ts",
    states: [],
    secrets: [],
    table: "none",
    stateMachine: ["start", "describe"],
    on: "schedule",
    ...small,
  },
  WatchStart: {
    entry: "functions/watch-start.ts",
    states: [],
    secrets: ["slack"],
    table: "none",
    stateMachine: ["describe"],
    on: "schedule",
    ...small,
  },
  /** Looks whether every credential works, so it reads every secret that functions use; it changes nothing but what it says in Slack. */
  Doctor: {
    entry: "functions/doctor.ts",
    states: [],
    secrets: ["github", "slack", "matrix", "mastodon", "quay", "openshift", "sentry", "links"],
    table: "read",
    stateMachine: [],
    on: "schedule",
    memoryMb: 1024,
    timeoutSeconds: 170,
  },
  OpenRun: step("OpenRun", "open-run", {
    secrets: ["github", "slack", "links"],
    stateMachine: ["describe", "sendTask"],
  }),
  InspectStaging: step("InspectStaging", "inspect-staging", {
    secrets: ["github", "quay", "openshift", "sentry"],
    ...cluster,
  }),
  PlanObjects: step("PlanObjects", "plan-objects", {
    secrets: ["github"],
    build: { project: "read-vault", right: "start" },
    timeoutSeconds: 110,
  }),
  AwaitVault: step("AwaitVault", "await-vault", {
    secrets: [],
    stateMachine: ["sendTask"],
    build: { project: "read-vault", right: "read" },
  }),
  ConfirmVault: step("ConfirmVault", "confirm-vault", {
    secrets: [],
    build: { project: "read-vault", right: "read" },
  }),
  PlanPromotion: step("PlanPromotion", "plan-promotion", {
    secrets: ["github", "slack"],
    timeoutSeconds: 110,
  }),
  AskApproval: step("AskApproval", "ask-approval", {
    secrets: ["slack", "links"],
    stateMachine: ["sendTask"],
  }),
  ReadDecision: step("ReadDecision", "read-decision", { secrets: ["slack"] }),
  AnnounceStart: step("AnnounceStart", "announce-start", { secrets: ["slack", "matrix", "links"] }),
  InspectBaseline: step("InspectBaseline", "inspect-baseline", {
    secrets: ["github", "quay", "openshift", "sentry", "slack"],
    ...cluster,
  }),
  AwaitDependencies: step("AwaitDependencies", "await-dependencies", {
    secrets: ["slack"],
    stateMachine: ["sendTask"],
  }),
  MoveStable: step("MoveStable", "move-stable", { secrets: ["github", "quay", "slack"] }),
  RebuildImages: step("RebuildImages", "rebuild-images", { secrets: ["github", "quay", "slack"] }),
  AskWhatNow: step("AskWhatNow", "ask-what-now", {
    states: [
      "AskAboutRun",
      "AskAboutStaging",
      "AskAboutPlan",
      "AskAboutObjects",
      "AskAboutPromotion",
      "AskAboutBuild",
      "AskAboutReturn",
      "AskAboutCleanup",
      "AskAboutFirewall",
    ],
    secrets: ["github", "quay", "slack", "links", "matrix"],
    stateMachine: ["sendTask"],
  }),
  ReadAnswer: step("ReadAnswer", "read-answer", {
    states: [
      "ReadAnswerAboutRun",
      "ReadAnswerAboutStaging",
      "ReadAnswerAboutPlan",
      "ReadAnswerAboutObjects",
      "ReadAnswerAboutPromotion",
      "ReadAnswerAboutBuild",
      "ReadAnswerAboutProduction",
      "ReadAnswerAboutMoveBack",
      "ReadAnswerAboutReturn",
      "ReadAnswerAboutCleanup",
      "ReadAnswerAboutFirewall",
    ],
    secrets: ["slack"],
    stateMachine: ["sendTask"],
  }),
  AwaitPostponement: step("AwaitPostponement", "await-postponement", {
    secrets: ["slack"],
    stateMachine: ["sendTask"],
  }),
  StartNews: step("StartNews", "start-news", { secrets: [], stateMachine: ["startNews"] }),
  HoldImports: step("HoldImports", "hold-imports", { secrets: ["openshift"], ...cluster }),
  ListBuilds: step("ListBuilds", "list-builds", { secrets: ["github", "slack"] }),
  RetryBuild: step("RetryBuild", "retry-build", { secrets: ["github", "slack"] }),
  AwaitBuild: step("AwaitBuild", "await-build", { secrets: ["github", "slack"], stateMachine: ["sendTask"] }),
  ApplyObjects: step("ApplyObjects", "apply-objects", {
    secrets: ["github"],
    build: { project: "apply-objects", right: "start" },
  }),
  AwaitObjects: step("AwaitObjects", "await-objects", {
    secrets: ["slack"],
    stateMachine: ["sendTask"],
    build: { project: "apply-objects", right: "read" },
  }),
  ConfirmObjects: step("ConfirmObjects", "confirm-objects", {
    secrets: ["github"],
    build: { project: "apply-objects", right: "read" },
  }),
  ConfirmBuild: step("ConfirmBuild", "confirm-build", { secrets: ["github", "slack"] }),
  AwaitPush: step("AwaitPush", "await-push", { secrets: ["quay", "slack"], stateMachine: ["sendTask"] }),
  ConfirmPush: step("ConfirmPush", "confirm-push", { secrets: ["quay", "slack"] }),
  PinMonorepo: step("PinMonorepo", "pin-monorepo", { secrets: ["github", "slack"] }),
  ImportImages: step("ImportImages", "import-images", {
    secrets: ["quay", "openshift", "slack"],
    ...cluster,
    timeoutSeconds: 170,
  }),
  AwaitRollout: step("AwaitRollout", "await-rollout", {
    secrets: ["openshift", "slack", "links"],
    ...cluster,
    timeoutSeconds: 800,
  }),
  AwaitSoak: step("AwaitSoak", "await-soak", { secrets: ["slack"], stateMachine: ["sendTask"] }),
  InspectProduction: step("InspectProduction", "inspect-production", {
    secrets: ["github", "quay", "openshift", "sentry", "slack"],
    ...cluster,
  }),
  RepairPods: step("RepairPods", "repair-pods", { secrets: ["openshift", "slack"], ...cluster }),
  AskRollback: step("AskRollback", "ask-rollback", {
    secrets: ["quay", "openshift", "slack", "links"],
    stateMachine: ["sendTask"],
    ...cluster,
  }),
  RollBack: step("RollBack", "roll-back", {
    secrets: ["slack"],
    stateMachine: ["sendTask", "describe", "startRollback"],
  }),
  ReadRollback: step("ReadRollback", "read-rollback", { secrets: [], stateMachine: ["sendTask"] }),
  OpenRollback: step("OpenRollback", "open-rollback", {
    secrets: ["quay", "openshift", "slack"],
    stateMachine: ["describe", "sendTask"],
    ...cluster,
  }),
  ReturnImages: step("ReturnImages", "return-images", {
    secrets: ["quay", "openshift"],
    ...cluster,
    timeoutSeconds: 170,
  }),
  AwaitReturn: step("AwaitReturn", "await-return", {
    secrets: ["openshift"],
    ...cluster,
    timeoutSeconds: 800,
  }),
  VerifyReturn: step("VerifyReturn", "verify-return", { secrets: ["github", "openshift"], ...cluster }),
  AskMoveBack: step("AskMoveBack", "ask-move-back", {
    secrets: ["github", "slack", "links"],
    stateMachine: ["sendTask"],
  }),
  MoveBack: step("MoveBack", "move-back", { secrets: ["github"] }),
  CloseRollback: step("CloseRollback", "close-rollback", {
    secrets: ["github", "slack", "matrix", "openshift"],
    stateMachine: ["start", "sendTask"],
    ...cluster,
  }),
  RestoreTopics: step("RestoreTopics", "restore-topics", { secrets: ["slack", "matrix", "openshift"] }),
  CloseRun: step("CloseRun", "close-run", {
    secrets: ["github", "slack", "matrix", "openshift"],
    stateMachine: ["start", "sendNewsTask"],
  }),
  DraftPost: step("DraftPost", "draft-post", { secrets: ["github", "slack"], timeoutSeconds: 110 }),
  AwaitReview: step("AwaitReview", "await-review", {
    secrets: ["github", "slack"],
    stateMachine: ["sendNewsTask"],
  }),
  ReadReview: step("ReadReview", "read-review", { secrets: ["github", "slack"] }),
  AwaitProduction: step("AwaitProduction", "await-production", {
    secrets: [],
    stateMachine: ["sendNewsTask"],
  }),
  ReadProduction: step("ReadProduction", "read-production", { secrets: ["github", "slack"] }),
  PublishPost: step("PublishPost", "publish-post", { secrets: ["github"] }),
  AwaitSite: step("AwaitSite", "await-site", { secrets: ["github", "slack"] }),
  AskToots: step("AskToots", "ask-toots", {
    secrets: ["slack", "links", "mastodon"],
    stateMachine: ["sendNewsTask"],
  }),
  ReadToots: step("ReadToots", "read-toots", { secrets: ["slack"] }),
  PublishToots: step("PublishToots", "publish-toots", {
    secrets: ["mastodon", "github"],
    timeoutSeconds: 110,
  }),
  TellProblem: step("TellProblem", "tell-problem", { secrets: ["slack"] }),
  StartCleanup: {
    entry: "functions/start-cleanup.ts",
    states: [],
    secrets: [],
    table: "none",
    stateMachine: ["startCleanup"],
    on: "schedule",
    ...small,
  },
  OpenCleanup: step("OpenCleanup", "open-cleanup", { secrets: ["github"], stateMachine: ["describe"] }),
  CheckNotifications: step("CheckNotifications", "check-notifications", { secrets: ["quay"] }),
  ListTags: step("ListTags", "list-tags", { secrets: ["quay"], timeoutSeconds: 110 }),
  ReadLists: step("ReadLists", "read-lists", { secrets: ["quay"], timeoutSeconds: 110 }),
  ReadManifests: step("ReadManifests", "read-manifests", { secrets: ["quay"], timeoutSeconds: 110 }),
  PlanCleanup: step("PlanCleanup", "plan-cleanup", { secrets: ["openshift"], ...cluster }),
  MeasureSpace: step("MeasureSpace", "measure-space", { secrets: [], timeoutSeconds: 110 }),
  AskCleanup: step("AskCleanup", "ask-cleanup", { secrets: ["slack", "links"], stateMachine: ["sendTask"] }),
  ReadCleanupDecision: step("ReadCleanupDecision", "read-cleanup-decision", { secrets: ["slack"] }),
  DeleteTags: step("DeleteTags", "delete-tags", {
    secrets: ["quay", "openshift"],
    ...cluster,
    timeoutSeconds: 170,
  }),
  CloseCleanup: step("CloseCleanup", "close-cleanup", { secrets: ["slack"] }),
  StartFirewall: {
    entry: "functions/start-firewall.ts",
    states: [],
    secrets: [],
    table: "none",
    stateMachine: ["startFirewall"],
    ...small,
  },
  OpenFirewall: step("OpenFirewall", "open-firewall", { secrets: ["github"] }),
  StartProbes: step("StartProbes", "start-probes", { secrets: ["openshift"], ...cluster }),
  ReadProbes: step("ReadProbes", "read-probes", { secrets: ["openshift"], ...cluster }),
  RequestAccess: step("RequestAccess", "request-access", { secrets: ["slack", "github"] }),
  CloseFirewall: step("CloseFirewall", "close-firewall", { secrets: ["slack", "github"] }),
  CloseTerminated: {
    entry: "functions/close-terminated.ts",
    states: [],
    on: "executionEnded",
    secrets: ["github", "slack", "matrix", "openshift"],
    table: "readWrite",
    stateMachine: ["start", "sendNewsTask"],
    ...small,
  },
  SignalBuild: {
    entry: "functions/signal-build.ts",
    states: [],
    on: "buildEnded",
    secrets: [],
    table: "readWrite",
    stateMachine: ["sendTask"],
    ...small,
  },
  Webhooks: {
    entry: "functions/http/webhooks.ts",
    states: [],
    routes: ["POST /webhooks/github", "POST /webhooks/quay/{secret}", "POST /webhooks/slack"],
    secrets: ["github", "quay", "slack", "links"],
    table: "readWrite",
    stateMachine: ["sendTask", "sendNewsTask", "startFirewall"],
    memoryMb: 512,
    /** GitHub and Quay give up after 10 s. */
    timeoutSeconds: 9,
  },
  Pages: {
    entry: "functions/http/pages.tsx",
    states: [],
    routes: ["approval", "question", "control", "cleanup"].flatMap((page) => [
      `GET /${page}`,
      `POST /${page}`,
    ]),
    /** What a person does to a run here is told in Slack. */
    secrets: ["links", "slack"],
    table: "readWrite",
    stateMachine: ["sendTask", "sendNewsTask"],
    memoryMb: 512,
    timeoutSeconds: 15,
  },
  RunPages: {
    entry: "functions/http/run-pages.tsx",
    states: [],
    routes: ["GET /runs", "GET /runs/{run}"],
    drawsFlows: true,
    secrets: ["links"],
    /** What is looked at by the whole team, again and again, cannot change anything. */
    table: "read",
    stateMachine: ["history"],
    memoryMb: 1024,
    timeoutSeconds: 15,
  },
};
