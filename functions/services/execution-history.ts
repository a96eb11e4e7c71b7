import { GetExecutionHistoryCommand, type HistoryEvent, SFNClient } from "@aws-sdk/client-sfn";
import type { ExecutionEvent } from "../domain/state-visits.ts";
import { lazy } from "../runtime/lazy.ts";
import { mapped, nameOf } from "./step-functions.ts";

export interface ExecutionHistory {
  /**
   * What happened in an execution so far, oldest first, without what went in and out of its states. Null when there is
   * none of this ARN: Step Functions forgets it 90 days after its end.
   *
   * A history only grows, so this container keeps what it has read and reads on from there, a few pages at a time.
   * `whole`: false where there was more than that; the next call goes on.
   */
  read(arn: string): Promise<{ events: ExecutionEvent[]; whole: boolean } | null>;
}

interface Kept {
  /** Of the pages that are full, and so never change. */
  events: ExecutionEvent[];
  /** Of the page after them. */
  next: string | undefined;
}

const pageSize = 1000;
/** A run with fifty repositories takes four. */
const mostPages = 5;
/** Executions that this container remembers. */
const mostKept = 4;

/** @throws as StepFunctions does. */
export function createExecutionHistory({ client }: { client: SFNClient }): ExecutionHistory {
  const kept = new Map<string, Kept>();

  async function readOn(executionArn: string): Promise<{ events: ExecutionEvent[]; whole: boolean }> {
    const known = kept.get(executionArn) ?? { events: [], next: undefined };
    kept.delete(executionArn);
    kept.set(executionArn, known);
    for (const oldest of [...kept.keys()].slice(0, -mostKept)) kept.delete(oldest);
    for (let page = 0; page < mostPages; page++) {
      const command = new GetExecutionHistoryCommand({
        executionArn,
        maxResults: pageSize,
        nextToken: known.next,
      });
      const { events = [], nextToken } = await client.send(command);
      const slim = events.map(withoutData);
      if (nextToken === undefined) return { events: [...known.events, ...slim], whole: true };
      known.events.push(...slim);
      known.next = nextToken;
    }
    return { events: [...known.events], whole: false };
  }

  return {
    async read(arn) {
      try {
        return await readOn(arn).catch(async (thrown) => {
          // The place to read on from is good for a day.
          if (nameOf(thrown) !== "InvalidToken" || !kept.delete(arn)) throw thrown;
          return await readOn(arn);
        });
      } catch (thrown) {
        kept.delete(arn);
        if (nameOf(thrown) === "ExecutionDoesNotExist") return null;
        throw mapped(`the history of ${arn}`, thrown);
      }
    },
  };
}

/** Task tokens stand in the parameters of Tasks, and words of strangers in all the rest: none of it is kept. */
function withoutData(event: HistoryEvent): ExecutionEvent {
  const { id, previousEventId, timestamp, type } = event;
  const { stateEnteredEventDetails: entered, stateExitedEventDetails: exited } = event;
  return {
    id,
    previousEventId,
    timestamp,
    type,
    ...(entered && {
      stateEnteredEventDetails: { name: entered.name, input: itemOf(entered.input) },
    }),
    ...(exited && { stateExitedEventDetails: { name: exited.name } }),
    ...(event.mapIterationStartedEventDetails && {
      mapIterationStartedEventDetails: event.mapIterationStartedEventDetails,
    }),
    ...errorOf("taskFailedEventDetails", event.taskFailedEventDetails),
    ...errorOf("taskTimedOutEventDetails", event.taskTimedOutEventDetails),
    ...errorOf("executionFailedEventDetails", event.executionFailedEventDetails),
  };
}

/** The part of a state's input that tells one iteration of a Map from another. */
function itemOf(input: string | undefined): string | undefined {
  const repository = /"repository":("(?:[^"\\]|\\.)*")/.exec(input ?? "")?.[1];
  return repository && `{"repository":${repository}}`;
}

function errorOf(key: string, details: { error?: string } | undefined): Partial<ExecutionEvent> {
  return details ? { [key]: { error: details.error ?? "" } } : {};
}

/** For this container. */
export const executionHistory = lazy(() =>
  createExecutionHistory({
    client: new SFNClient({ requestHandler: { connectionTimeout: 2000, requestTimeout: 8000 } }),
  }),
);
