import {
  BatchGetBuildsCommand,
  type Build,
  CodeBuildClient,
  type EnvironmentVariable,
  StartBuildCommand,
} from "@aws-sdk/client-codebuild";
import type { BuildProject } from "../catalog.ts";
import { environment } from "../runtime/environment.ts";
import {
  NotFound,
  PermissionDenied,
  RequestRefused,
  ServiceUnavailable,
  type StablehandError,
} from "../runtime/errors.ts";
import { lazy } from "../runtime/lazy.ts";

/** A job in CodeBuild. */
export interface JobState {
  status: "running" | "succeeded" | "failed";
  /** CodeBuild's own word: `SUCCEEDED`, `TIMED_OUT`, … */
  word: string;
  /** Page of its log; null while there is none. */
  url: string | null;
  /** What it lets out. */
  exported: Record<string, string>;
}

export interface CodeBuild {
  /**
   * Starts a job. The same token within five minutes is the same build.
   * @param job.token up to 64 characters.
   * @returns the build's id: `stablehand-read-vault:<uuid>`.
   */
  start(job: { project: BuildProject; token: string; variables: Record<string, string> }): Promise<string>;
  /** @throws NotFound when there is no such build: they are kept for a year. */
  job(id: string): Promise<JobState>;
}

const transient =
  /^(Throttling(Exception)?|TooManyRequestsException|RequestLimitExceeded|AccountLimitExceededException|ServiceUnavailable|InternalServerError|InternalFailure|TimeoutError)$/;

/** All errors are ours: ServiceUnavailable for throttling, 5xx and the network, else PermissionDenied or RequestRefused. */
export function createCodeBuild({
  client,
  prefix,
}: {
  client: CodeBuildClient;
  prefix: () => string;
}): CodeBuild {
  return {
    async start({ project, token, variables }) {
      const projectName = `${prefix()}${project}`;
      const environmentVariablesOverride = Object.entries(variables).map(
        ([name, value]): EnvironmentVariable => ({ name, value, type: "PLAINTEXT" }),
      );
      const command = new StartBuildCommand({
        projectName,
        idempotencyToken: token,
        environmentVariablesOverride,
      });
      const { build } = await called(`the start of ${projectName}`, () => client.send(command));
      if (build?.id) return build.id;
      throw new RequestRefused(`CodeBuild started ${projectName} without telling the build's id.`);
    },

    async job(id) {
      const command = new BatchGetBuildsCommand({ ids: [id] });
      const { builds = [] } = await called(`the build ${id}`, () => client.send(command));
      const [build] = builds;
      if (!build) throw new NotFound(`CodeBuild has no build ${id}: start it again.`);
      return stateOf(build);
    },
  };
}

/** For this container: region, credentials and endpoint come from the SDK's own environment variables. */
export const codeBuild = lazy(() =>
  createCodeBuild({
    client: new CodeBuildClient({ requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000 } }),
    prefix: () => environment("STABLEHAND_BUILDS"),
  }),
);

function stateOf({
  buildStatus: word = "IN_PROGRESS",
  logs,
  exportedEnvironmentVariables = [],
}: Build): JobState {
  const running = word === "IN_PROGRESS";
  return {
    status: running ? "running" : word === "SUCCEEDED" ? "succeeded" : "failed",
    word,
    url: logs?.deepLink ?? null,
    exported: Object.fromEntries(
      exportedEnvironmentVariables.flatMap(({ name, value }) =>
        name === undefined || value === undefined ? [] : [[name, value] as const],
      ),
    ),
  };
}

async function called<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw mapped(what, thrown);
  }
}

function mapped(what: string, cause: unknown): StablehandError {
  const name = cause instanceof Error ? cause.name : "";
  const { $metadata, $fault } = cause as { $metadata?: { httpStatusCode?: number }; $fault?: string };
  const status = $metadata?.httpStatusCode;
  const unanswered = status === undefined && $fault === undefined;
  if (unanswered || status === 429 || (status ?? 0) >= 500 || transient.test(name)) {
    return new ServiceUnavailable(`CodeBuild did not answer (${name}, ${what}): try again.`, { cause });
  }
  if (/^(AccessDenied|UnrecognizedClient|ExpiredToken|InvalidSignature|MissingAuthentication)/.test(name)) {
    return new PermissionDenied(
      `CodeBuild refuses us (${name}, ${what}): check what functions/catalog.ts grants this function.`,
      { cause },
    );
  }
  if (name === "ResourceNotFoundException") {
    return new NotFound(`CodeBuild does not have ${what}: deploy the stack again.`, { cause });
  }
  return new RequestRefused(`CodeBuild refused a request (${name}, ${what}): it is wrong as such.`, {
    cause,
  });
}
