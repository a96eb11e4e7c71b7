import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  ListExecutionsCommand,
  SFNClient,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { localTable, tableInput } from "../../infra/local/dynamodb.ts";
import type { Platform } from "../../infra/local/platform.ts";
import {
  type Definition,
  innerScopes,
  type State,
  statesOf,
} from "../../infra/local/step-functions/definition.ts";
import type { StepFunctionsOptions } from "../../infra/local/step-functions/index.ts";
import type { Moto } from "./moto.ts";

const credentials = { accessKeyId: "local", secretAccessKey: "local" };

/** Store and engine at moto, in the places of the embedded ones. Its tables and state machines go with `close`. */
export function motoPlatform(moto: Moto): Pick<Platform, "startDynamoDB" | "startStepFunctions"> {
  return {
    async startDynamoDB() {
      const client = new DynamoDBClient({ endpoint: moto.url, region: "eu-central-1", credentials });
      await client.send(new CreateTableCommand(tableInput(localTable)));
      return {
        url: moto.url,
        close: async () => {
          await client.send(new DeleteTableCommand({ TableName: localTable }));
          client.destroy();
        },
      };
    },
    async startStepFunctions(options) {
      moto.serve(async (name, payload) => await options.invoke(name, payload, { signal: never }));
      const client = new SFNClient({ endpoint: moto.url, region: options.region, credentials });
      const arns = new Map<string, string>();
      for (const { name, definition } of options.definitions) {
        const text = JSON.stringify(prepared(definition, options));
        const command = new CreateStateMachineCommand({ name, definition: text, roleArn });
        arns.set(name, (await client.send(command)).stateMachineArn ?? "");
      }
      return {
        url: moto.url,
        arn: (name) => arns.get(name) ?? "",
        abandoned: [],
        // moto tells nobody what it does: its history is read afterwards.
        onTransition: () => () => undefined,
        onExecutionEnded: () => () => undefined,
        close: async () => {
          for (const stateMachineArn of arns.values()) {
            await stopAll(client, stateMachineArn);
            await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
          }
          client.destroy();
        },
      };
    },
  };
}

const roleArn = "arn:aws:iam::123456789012:role/stablehand";
const never = new AbortController().signal;

async function stopAll(client: SFNClient, stateMachineArn: string): Promise<void> {
  const { executions } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
  for (const { executionArn, status } of executions ?? []) {
    if (status === "RUNNING") await client.send(new StopExecutionCommand({ executionArn }));
  }
}

/** As moto needs it: time divided, which the embedded engine does inside, and a detour around one of its defects. */
function prepared(source: Definition, options: StepFunctionsOptions): Definition {
  const definition = structuredClone(source);
  for (const [name, state] of statesOf(definition)) compress(name, state, options);
  addDetours(definition);
  return definition;
}

/** moto takes whole seconds alone. */
function compress(
  name: string,
  state: State,
  { speed, peopleSpeed = 1, peopleStates = [] }: StepFunctionsOptions,
): void {
  const factor = peopleStates.includes(name) ? peopleSpeed : speed;
  const waits = state.Resource?.endsWith(".waitForTaskToken");
  if (waits && state.TimeoutSeconds) {
    state.TimeoutSeconds = Math.min(
      state.TimeoutSeconds,
      Math.max(leastTimeout, Math.round(state.TimeoutSeconds / factor)),
    );
  }
  for (const retrier of state.Retry ?? []) retrier.IntervalSeconds = 1;
}

const leastTimeout = 3;

/** The name of a state that stands in no definition of ours. */
const detour = (name: string) => `${name}Again`;

/**
 * A Catch may lead back to its own state, and AWS enters that again. moto 5.2.5 takes it for a state that was not led
 * anywhere and goes on to its Next (`_set_next` in parser/asl/component/state/state.py). So it goes back over a Pass.
 */
function addDetours(scope: Definition): void {
  for (const [name, state] of Object.entries(scope.States)) {
    for (const catcher of state.Catch ?? []) {
      if (catcher.Next !== name) continue;
      catcher.Next = detour(name);
      scope.States[detour(name)] = { Type: "Pass", Next: name };
    }
    for (const inner of innerScopes(state)) addDetours(inner);
  }
}
