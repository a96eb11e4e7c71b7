import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { brokenState } from "../bad-command.ts";
import type { ExecutionRecord } from "./execution.ts";

/** Older ones are forgotten, as AWS forgets them after 90 days. */
const kept = 50;

const archive = z.object({
  executions: z.array(
    z.object({
      arn: z.string(),
      name: z.string(),
      stateMachineArn: z.string(),
      status: z.enum(["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]),
      startedAt: z.number(),
      stoppedAt: z.number().nullable(),
      input: z.string(),
      output: z.string().nullable(),
      error: z.string().nullable(),
      cause: z.string().nullable(),
      events: z.array(
        z.looseObject({
          id: z.number(),
          previousEventId: z.number(),
          timestamp: z.number(),
          type: z.string(),
        }),
      ),
    }),
  ),
});

const cause = "The process that ran this execution ended before it.";

/**
 * Reads the executions of earlier processes, oldest first; none where there is no file. One that was running is ABORTED
 * now, as the process that interpreted it is gone.
 * @throws BadCommand when the file is not what `saveExecutions` writes.
 */
export function loadExecutions(path: string): {
  executions: ExecutionRecord[];
  abandoned: ExecutionRecord[];
} {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { executions: [], abandoned: [] };
    throw error;
  }
  const { executions } = parse(path, text);
  const abandoned = executions.filter(({ status }) => status === "RUNNING");
  for (const each of abandoned) abort(each);
  return { executions, abandoned };
}

function parse(path: string, text: string): z.output<typeof archive> {
  try {
    return archive.parse(JSON.parse(text));
  } catch (cause) {
    throw brokenState(path, cause instanceof z.ZodError ? z.prettifyError(cause) : cause);
  }
}

function abort(execution: ExecutionRecord): void {
  const last = execution.events.at(-1);
  const timestamp = last?.timestamp ?? execution.startedAt / 1000;
  execution.status = "ABORTED";
  execution.stoppedAt = timestamp * 1000;
  execution.cause = cause;
  execution.events.push({
    id: execution.events.length + 1,
    previousEventId: last?.id ?? 0,
    timestamp,
    type: "ExecutionAborted",
    executionAbortedEventDetails: { cause },
  });
}

/** Writes the newest executions, all at once: a reader sees the old file or the new one. */
export function saveExecutions(path: string, executions: ExecutionRecord[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify({ executions: executions.slice(-kept) }));
  renameSync(`${path}.new`, path);
}
