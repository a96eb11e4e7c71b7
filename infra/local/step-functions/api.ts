import { randomUUID } from "node:crypto";
import { z } from "zod";
import { AwsError, type AwsOperation, operation } from "../aws-json.ts";
import { type Execution, type ExecutionRecord, roleArn } from "./execution.ts";
import { withoutData } from "./history.ts";
import type { Machine } from "./index.ts";
import { page } from "./paging.ts";
import { largestData, type Tokens } from "./task.ts";

export interface ApiWorld {
  machines: Map<string, Machine>;
  /** All executions, oldest first. */
  records: ExecutionRecord[];
  running: Map<string, Execution>;
  tokens: Tokens;
  start(machine: Machine, name: string, input: string): ExecutionRecord;
}

const paging = { maxResults: z.int().min(0).max(1000).optional(), nextToken: z.string().optional() };
const byExecution = z.object({ executionArn: z.string().min(1) });
const byMachine = z.object({ stateMachineArn: z.string().min(1) });
const taskToken = z.string().min(1).max(2048);
/** Its length counts in bytes. */
const json = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= largestData, `is longer than ${largestData} bytes`);

const requests = {
  start: byMachine.extend({ name: z.string().optional(), input: json.optional() }),
  list: byMachine.extend({
    ...paging,
    statusFilter: z.enum(["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]).optional(),
  }),
  history: byExecution.extend({
    ...paging,
    reverseOrder: z.boolean().optional(),
    includeExecutionData: z.boolean().optional(),
  }),
  stop: byExecution.extend({ error: z.string().max(256).optional(), cause: z.string().optional() }),
  success: z.object({ taskToken, output: json }),
  failure: z.object({ taskToken, error: z.string().max(256).optional(), cause: z.string().optional() }),
  heartbeat: z.object({ taskToken }),
  machines: z.object(paging),
};

/** The operations of the Step Functions API, as the real one answers them. */
export function operations(world: ApiWorld): Record<string, AwsOperation> {
  return { ...executionOperations(world), ...taskOperations(world), ...machineOperations(world) };
}

function executionOperations(world: ApiWorld): Record<string, AwsOperation> {
  const find = (arn: string): ExecutionRecord => {
    const found = world.records.find((each) => each.arn === arn);
    if (!found) throw new AwsError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
    return found;
  };
  return {
    StartExecution: operation(requests.start, ({ stateMachineArn, name = randomUUID(), input = "{}" }) => {
      const started = startExecution(world, machineOf(world, stateMachineArn), name, input);
      return { executionArn: started.arn, startDate: started.startedAt / 1000 };
    }),
    DescribeExecution: operation(byExecution, ({ executionArn }) => {
      const { input, output, error, cause, ...rest } = find(executionArn);
      return {
        ...listItem(rest),
        input,
        inputDetails: { included: true },
        ...(output === null ? {} : { output, outputDetails: { included: true } }),
        ...(error === null ? {} : { error }),
        ...(cause === null ? {} : { cause }),
      };
    }),
    ListExecutions: operation(requests.list, ({ stateMachineArn, statusFilter, ...rest }) => {
      const { arn } = machineOf(world, stateMachineArn);
      const matching = world.records
        .filter((each) => each.stateMachineArn === arn && (!statusFilter || each.status === statusFilter))
        .reverse();
      const { items, nextToken } = page(matching, (each) => each.arn, rest);
      return { executions: items.map(listItem), nextToken };
    }),
    GetExecutionHistory: operation(requests.history, ({ executionArn, reverseOrder, ...rest }) => {
      const { events } = find(executionArn);
      const ordered = reverseOrder ? events.toReversed() : events;
      const { items, nextToken } = page(ordered, (each) => String(each.id), rest);
      return { events: rest.includeExecutionData === false ? items.map(withoutData) : items, nextToken };
    }),
    StopExecution: operation(requests.stop, ({ executionArn, error, cause }) => {
      const record = find(executionArn);
      world.running.get(executionArn)?.stop(error ?? null, cause ?? null);
      return { stopDate: (record.stoppedAt ?? Date.now()) / 1000 };
    }),
  };
}

function startExecution(world: ApiWorld, machine: Machine, name: string, input: string): ExecutionRecord {
  if (name.length > 80 || !/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]+$/u.test(name)) {
    throw new AwsError("InvalidName", `Invalid Name: '${name}'`);
  }
  parse(input, "InvalidExecutionInput", "Invalid State Machine Execution Input");
  const existing = world.records.find((each) => each.name === name && each.stateMachineArn === machine.arn);
  if (!existing) return world.start(machine, name, input);
  if (existing.status === "RUNNING" && existing.input === input) return existing;
  throw new AwsError("ExecutionAlreadyExists", `Execution Already Exists: '${existing.arn}'`);
}

function taskOperations({ tokens }: ApiWorld): Record<string, AwsOperation> {
  return {
    SendTaskSuccess: operation(requests.success, ({ taskToken: token, output }) => {
      const value = parse(output, "InvalidOutput", "Invalid Output");
      tokens.find(token).succeed(value);
    }),
    SendTaskFailure: operation(requests.failure, ({ taskToken: token, error = "", cause = "" }) => {
      tokens.find(token).fail(error, cause);
    }),
    SendTaskHeartbeat: operation(requests.heartbeat, ({ taskToken: token }) => {
      tokens.find(token);
    }),
  };
}

function machineOperations(world: ApiWorld): Record<string, AwsOperation> {
  const item = ({ arn, name, createdAt }: Machine) => ({
    stateMachineArn: arn,
    name,
    type: "STANDARD",
    creationDate: createdAt / 1000,
  });
  return {
    DescribeStateMachine: operation(byMachine, ({ stateMachineArn }) => {
      const machine = machineOf(world, stateMachineArn);
      return {
        ...item(machine),
        status: "ACTIVE",
        definition: JSON.stringify(machine.definition),
        roleArn,
        loggingConfiguration: { level: "OFF", includeExecutionData: false },
      };
    }),
    ListStateMachines: operation(requests.machines, (request) => {
      const { items, nextToken } = page([...world.machines.values()], (each) => each.arn, request);
      return { stateMachines: items.map(item), nextToken };
    }),
  };
}

function machineOf({ machines }: ApiWorld, arn: string): Machine {
  const machine = machines.get(arn);
  if (!machine) throw new AwsError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
  return machine;
}

function listItem(
  record: Pick<ExecutionRecord, "arn" | "stateMachineArn" | "name" | "status" | "startedAt" | "stoppedAt">,
): Record<string, unknown> {
  return {
    executionArn: record.arn,
    stateMachineArn: record.stateMachineArn,
    name: record.name,
    status: record.status,
    startDate: record.startedAt / 1000,
    ...(record.stoppedAt === null ? {} : { stopDate: record.stoppedAt / 1000 }),
  };
}

function parse(text: string, error: string, message: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AwsError(error, `${message}: '${String(cause)}'`);
  }
}
