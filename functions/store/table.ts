import {
  DynamoDBClient,
  DynamoDBServiceException,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { environment } from "../runtime/environment.ts";
import { BadConfiguration, PermissionDenied, ServiceUnavailable } from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";

/**
 * The one table, as plain data: the stack and the local DynamoDB both make it from this. All keys are strings.
 *
 * | pk              | sk                     | what                                                           |
 * |-----------------|------------------------|----------------------------------------------------------------|
 * | `run#<run>`     | `run`                  | the run itself; the only item in the index (runs.ts)           |
 * | `run#<run>`     | `plan#<version>`       | a plan, compressed; `approved`: the approved one               |
 * | `run#<run>`     | `report#<name>`        | a health report, compressed                                    |
 * | `run#<run>`     | `comparison`           | production after the rollout beside before it, compressed      |
 * | `run#<run>`     | `objects`              | the plan for the Kubernetes objects, compressed (objects.ts)   |
 * | `run#<run>`     | `decision#<question>`  | the first decision on a question                               |
 * | `run#<run>`     | `question#<question>`  | a question about a step (questions.ts)                         |
 * | `run#<run>`     | `answer#<question>`    | the first answer to it                                         |
 * | `run#<run>`     | `pause`, `stop`        | what people ask of a run under way                             |
 * | `run#<run>`     | `repository#<name>`    | how far a repository is                                        |
 * | `run#<run>`     | `fact#<key>`           | what the run must remember, written once                       |
 * | `run#<run>`     | `event#<key>`          | what happened, for people                                      |
 * | `run#<run>`     | `live`                 | its message that is updated in place (live.ts)                 |
 * | `run#<run>`     | `news`                 | how far its news are (news.ts)                                 |
 * | `run#<run>`     | `wait#<wait>`          | pointer to one of its waits (waits.ts)                         |
 * | `run#<run>`     | `cleanup…`             | a cleanup's plan, tags and outcomes, compressed (cleanups.ts)  |
 * | `post#<branch>` | `post`                 | a post in the making                                           |
 * | `wait#<wait>`   | `wait`                 | a wait                                                         |
 * | `key#<key>`     | `wait#<wait>`          | pointer to a wait for signals under that key                   |
 * | `key#<key>`     | `signal#<signal>`      | a signal                                                       |
 * | `ledger#<name>` | `ledger`               | what outlives a run (ledger.ts)                                |
 * | `ledger#<list>` | `<kind>#<name>`        | the same, one by one: pins, quarantine, manifests, firewall    |
 * | `lock`          | `lock`                 | which run owns the deployment (lock.ts)                        |
 */
export const tableDefinition = {
  partitionKey: "pk",
  sortKey: "sk",
  indexes: [{ name: "byStart", partitionKey: "list", sortKey: "startedAt" }],
  /** Seconds since the epoch; DynamoDB deletes the item some time after. */
  timeToLive: "expiresAt",
} as const;

/** How to reach the table. */
export interface Store {
  doc: DynamoDBDocumentClient;
  table: string;
}

/** The table that the environment names, connected at the first use. */
export const store = lazy((): Store => connect(environment("STABLEHAND_TABLE")));

/**
 * A client whose failures are ours: `ServiceUnavailable` for throttling, 5xx and a broken connection (after the SDK's
 * own retries), `PermissionDenied`, and `BadConfiguration` where the table is absent. A failed condition passes.
 */
export function connect(table: string, client = new DynamoDBClient({})): Store {
  const doc = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  doc.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (thrown) {
        throw mapped(thrown, table);
      }
    },
    // Outside of the SDK's retries.
    { step: "initialize", priority: "high", name: "stablehandErrors" },
  );
  return { doc, table };
}

const connectionLost = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
]);
const throttled = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
  "LimitExceededException",
]);

function mapped(thrown: unknown, table: string): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const options = { cause: thrown };
  if (thrown instanceof ResourceNotFoundException) {
    return new BadConfiguration(`DynamoDB has no table ${table}: STABLEHAND_TABLE must name it.`, options);
  }
  if (thrown instanceof DynamoDBServiceException) {
    if (thrown.name === "AccessDeniedException") {
      return new PermissionDenied(
        `DynamoDB refuses access to ${table}: check the function's rights.`,
        options,
      );
    }
    if (throttled.has(thrown.name) || (thrown.$metadata.httpStatusCode ?? 500) >= 500) {
      return new ServiceUnavailable(
        `DynamoDB could not serve ${table} (${thrown.name}): try again.`,
        options,
      );
    }
    return thrown;
  }
  const code = "code" in thrown ? String(thrown.code) : "";
  if (thrown.name === "TimeoutError" || connectionLost.has(code)) {
    return new ServiceUnavailable(`DynamoDB cannot be reached (${code || thrown.name}): try again.`, options);
  }
  return thrown;
}
