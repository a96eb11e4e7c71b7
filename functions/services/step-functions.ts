import {
  DescribeExecutionCommand,
  type ExecutionStatus,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { environment, type Variable } from "../runtime/environment.ts";
import {
  PermissionDenied,
  RequestRefused,
  ServiceUnavailable,
  type StablehandError,
} from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";

export interface StepFunctions {
  /**
   * Lets a waiting state go on with `output`. "dead": nobody waits for this token any more, since its state timed out,
   * went on, or its execution ended. Tokens never stand in an error.
   */
  succeed(token: string, output: unknown): Promise<"resumed" | "dead">;
  /** Status of an execution, or null when there is none of this ARN (they are forgotten after 90 days). */
  executionStatus(arn: string): Promise<ExecutionStatus | null>;
  /**
   * Starts a flow, the weekly deployment unless another is named. `started: false`: the name was taken, by an execution that has ended or has another
   * input. The same name and input again while it runs counts as started, and is the same execution.
   */
  startExecution(execution: {
    name: string;
    input: unknown;
    flow?: Flow;
  }): Promise<{ started: boolean; arn: string }>;
  /** ARN of an execution by its name, whether it was started or not. */
  executionArn(name: string, flow: Flow): string;
}

/** The state machines that functions start or ask about: files in `statemachine/`. */
export type Flow = "weekly-deployment" | "weekly-news" | "rollback" | "registry-cleanup" | "firewall-request";

const deadToken = new Set(["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"]);
/** The service asks us to slow down, or the answer got lost; the SDK has tried again before. */
const transient =
  /^(Throttling(Exception)?|TooManyRequestsException|RequestLimitExceeded|ServiceUnavailable|InternalServerError|InternalFailure|TimeoutError)$/;

/** All errors are ours: ServiceUnavailable for throttling, 5xx and the network, else PermissionDenied or RequestRefused. */
export function createStepFunctions({
  client,
  stateMachine,
}: {
  client: SFNClient;
  /** ARN of a flow's state machine, asked for when it is needed. */
  stateMachine: (flow: Flow) => string;
}): StepFunctions {
  const executionArn = (name: string, flow: Flow) =>
    `${stateMachine(flow).replace(":stateMachine:", ":execution:")}:${name}`;
  return {
    async succeed(taskToken, output) {
      const command = new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output ?? null) });
      try {
        await client.send(command);
        return "resumed";
      } catch (thrown) {
        if (deadToken.has(nameOf(thrown))) return "dead";
        throw mapped("a waiting state", thrown);
      }
    },

    async executionStatus(executionArn) {
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
        return status ?? null;
      } catch (thrown) {
        if (nameOf(thrown) === "ExecutionDoesNotExist") return null;
        throw mapped(`the execution ${executionArn}`, thrown);
      }
    },

    executionArn,

    async startExecution({ name, input, flow = "weekly-deployment" }) {
      const stateMachineArn = stateMachine(flow);
      const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
      const arn = executionArn(name, flow);
      try {
        const { executionArn } = await client.send(command);
        return { started: true, arn: executionArn ?? arn };
      } catch (thrown) {
        if (nameOf(thrown) === "ExecutionAlreadyExists") return { started: false, arn };
        throw mapped(`the execution ${name}`, thrown);
      }
    },
  };
}

/** For this container: region, credentials and endpoint come from the SDK's own environment variables. */
export const stepFunctions = lazy(() =>
  createStepFunctions({
    client: new SFNClient({ requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000 } }),
    stateMachine: (flow) => environment(variables[flow]),
  }),
);

const variables: Record<Flow, Variable> = {
  "weekly-deployment": "STABLEHAND_STATE_MACHINE",
  "weekly-news": "STABLEHAND_NEWS_STATE_MACHINE",
  rollback: "STABLEHAND_ROLLBACK",
  "registry-cleanup": "STABLEHAND_CLEANUP",
  "firewall-request": "STABLEHAND_FIREWALL",
};

export function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : "";
}

/** Our error for what this API threw. @param what of whom it was asked. */
export function mapped(what: string, cause: unknown): StablehandError {
  const name = nameOf(cause);
  const { $metadata, $fault } = cause as { $metadata?: { httpStatusCode?: number }; $fault?: string };
  const status = $metadata?.httpStatusCode;
  const unanswered = status === undefined && $fault === undefined;
  if (unanswered || status === 429 || (status ?? 0) >= 500 || transient.test(name)) {
    return new ServiceUnavailable(`Step Functions did not answer (${name}, ${what}): try again.`, { cause });
  }
  if (/^(AccessDenied|UnrecognizedClient|ExpiredToken|InvalidSignature|MissingAuthentication)/.test(name)) {
    return new PermissionDenied(
      `Step Functions refuses us (${name}, ${what}): check what functions/catalog.ts grants this function.`,
      { cause },
    );
  }
  // The service's own words may quote the token.
  return new RequestRefused(`Step Functions refused a request (${name}, ${what}): it is wrong as such.`, {
    cause,
  });
}
