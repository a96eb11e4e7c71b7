import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

/**
 * What runs inside a function's own process: Lambda's runtime for Node, as far as our functions see it. It imports the
 * bundle, and then asks the Runtime API for one invocation after the other, over plain HTTP as on AWS. It imports
 * nothing of the project, so that whatever a bundle lacks is missed.
 */
type Handler = (event: unknown, context: object) => unknown;

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new Agent({ keepAlive: true });

interface Answer {
  headers: IncomingHttpHeaders;
  body: string;
}

/** Without a timeout: the next invocation may be a long time off. */
async function ask(method: "GET" | "POST", path: string, body?: string): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asking = request(`${api}${path}`, { method, agent }, (response) => {
      text(response).then((all) => resolve({ headers: response.headers, body: all }), reject);
    });
    asking.once("error", reject);
    asking.end(body);
  });
}

/** As Lambda's runtime reports what was thrown. */
function reported(thrown: unknown): string {
  if (!(thrown instanceof Error)) {
    return JSON.stringify({ errorType: typeof thrown, errorMessage: String(thrown), trace: [] });
  }
  const { name, message, stack } = thrown;
  return JSON.stringify({ errorType: name, errorMessage: message, trace: stack?.split("\n") ?? [] });
}

/** `OpenRun.handler`: the export `handler` of OpenRun.mjs. */
async function load(): Promise<Handler> {
  const { LAMBDA_TASK_ROOT: root = "", _HANDLER: name = "" } = process.env;
  const [module = "", exported = ""] = name.split(".");
  const loaded = await import(pathToFileURL(join(root, `${module}.mjs`)).href);
  const handler: unknown = loaded[exported];
  if (typeof handler === "function") return handler as Handler;
  const missing = new Error(`${name} is undefined or not exported`);
  missing.name = "Runtime.HandlerNotFound";
  throw missing;
}

function contextOf(headers: IncomingHttpHeaders): { id: string; context: object } {
  const id = String(headers["lambda-runtime-aws-request-id"]);
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const env = process.env;
  process.env._X_AMZN_TRACE_ID = String(headers["lambda-runtime-trace-id"]);
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: id,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  return { id, context };
}

async function answerNext(handler: Handler): Promise<void> {
  const { headers, body } = await ask("GET", "/invocation/next");
  const { id, context } = contextOf(headers);
  let result: string;
  try {
    result = JSON.stringify((await handler(JSON.parse(body), context)) ?? null);
  } catch (thrown) {
    await ask("POST", `/invocation/${id}/error`, reported(thrown));
    return;
  }
  await ask("POST", `/invocation/${id}/response`, result);
}

async function main(): Promise<void> {
  // Ctrl-C reaches every process of the terminal; whoever started this one ends it.
  process.on("SIGINT", () => undefined);
  let handler: Handler;
  try {
    handler = await load();
  } catch (thrown) {
    await ask("POST", "/init/error", reported(thrown));
    process.exit(1);
  }
  for (;;) await answerNext(handler);
}

// The Runtime API has gone, and with it every reason to be here.
main().catch(() => process.exit(1));
