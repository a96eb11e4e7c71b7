import type { SecretName } from "./runtime/secrets.ts";

/**
 * What a function may ask of the state machines: let a waiting state of any go on, ask about executions of any, start the
 * weekly deployment (`start`) or another one.
 */
export type StateMachineRight = "sendTask" | "describe" | "start" | "startCleanup" | "startFirewall";

/** Events that call a function without waiting for its answer. */
export type EventSource = "schedule" | "executionEnded" | "buildEnded";

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
  /** Left out: it is called by states and requests alone. */
  on?: EventSource;
  stateMachine: StateMachineRight[];
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
  OpenRun: step("OpenRun", "open-run", { secrets: ["github"], stateMachine: ["describe", "sendTask"] }),
  InspectStaging: step("InspectStaging", "inspect-staging", {
    secrets: ["github", "quay", "openshift"],
    ...cluster,
  }),
  PlanPromotion: step("PlanPromotion", "plan-promotion", { secrets: ["github"], timeoutSeconds: 110 }),
  AskApproval: step("AskApproval", "ask-approval", {
    secrets: ["slack", "links"],
    stateMachine: ["sendTask"],
  }),
  ReadDecision: step("ReadDecision", "read-decision", { secrets: ["slack"] }),
  AnnounceStart: step("AnnounceStart", "announce-start", { secrets: ["slack", "matrix", "links"] }),
  InspectBaseline: step("InspectBaseline", "inspect-baseline", {
    secrets: ["github", "quay", "openshift"],
    ...cluster,
  }),
  AwaitDependencies: step("AwaitDependencies", "await-dependencies", {
    secrets: [],
    stateMachine: ["sendTask"],
  }),
  MoveStable: step("MoveStable", "move-stable", { secrets: ["github", "quay"] }),
  RebuildImages: step("RebuildImages", "rebuild-images", { secrets: ["github", "quay"] }),
  AskWhatNow: step("AskWhatNow", "ask-what-now", {
    states: [
      "AskAboutRun",
      "AskAboutStaging",
      "AskAboutPlan",
      "AskAboutPromotion",
      "AskAboutBuild",
      "AskAboutCleanup",
      "AskAboutFirewall",
    ],
    secrets: ["github", "quay", "slack", "links"],
    stateMachine: ["sendTask"],
  }),
  ReadAnswer: step("ReadAnswer", "read-answer", {
    states: [
      "ReadAnswerAboutRun",
      "ReadAnswerAboutStaging",
      "ReadAnswerAboutPlan",
      "ReadAnswerAboutPromotion",
      "ReadAnswerAboutBuild",
      "ReadAnswerAboutCleanup",
      "ReadAnswerAboutFirewall",
    ],
    secrets: ["slack"],
    stateMachine: ["sendTask"],
  }),
  AwaitPostponement: step("AwaitPostponement", "await-postponement", {
    secrets: [],
    stateMachine: ["sendTask"],
  }),
  HoldImports: step("HoldImports", "hold-imports", { secrets: ["openshift"], ...cluster }),
  ListBuilds: step("ListBuilds", "list-builds", { secrets: [] }),
  RetryBuild: step("RetryBuild", "retry-build", { secrets: ["github"] }),
  AwaitBuild: step("AwaitBuild", "await-build", { secrets: ["github", "slack"], stateMachine: ["sendTask"] }),
  ConfirmBuild: step("ConfirmBuild", "confirm-build", { secrets: ["github"] }),
  AwaitPush: step("AwaitPush", "await-push", { secrets: ["quay"], stateMachine: ["sendTask"] }),
  ConfirmPush: step("ConfirmPush", "confirm-push", { secrets: ["quay"] }),
  PinMonorepo: step("PinMonorepo", "pin-monorepo", { secrets: ["github"] }),
  ImportImages: step("ImportImages", "import-images", {
    secrets: ["quay", "openshift"],
    ...cluster,
    timeoutSeconds: 170,
  }),
  AwaitRollout: step("AwaitRollout", "await-rollout", {
    secrets: ["openshift", "slack"],
    ...cluster,
    timeoutSeconds: 800,
  }),
  InspectProduction: step("InspectProduction", "inspect-production", {
    secrets: ["github", "quay", "openshift"],
    ...cluster,
  }),
  RestoreTopics: step("RestoreTopics", "restore-topics", { secrets: ["slack", "matrix", "openshift"] }),
  CloseRun: step("CloseRun", "close-run", {
    secrets: ["slack", "matrix", "openshift"],
    stateMachine: ["start"],
  }),
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
  ReadManifests: step("ReadManifests", "read-manifests", { secrets: ["quay"], timeoutSeconds: 110 }),
  PlanCleanup: step("PlanCleanup", "plan-cleanup", { secrets: ["openshift"], ...cluster }),
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
    stateMachine: ["start"],
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
    stateMachine: ["sendTask", "startFirewall"],
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
    stateMachine: ["sendTask"],
    memoryMb: 512,
    timeoutSeconds: 15,
  },
};
