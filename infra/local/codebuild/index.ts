import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { BuildProject } from "../../../functions/catalog.ts";
import { projects } from "../../codebuild/projects.ts";
import { AwsError, operation, startAwsJson } from "../aws-json.ts";
import { type RunningJob, startJob } from "./job.ts";

type Status = "IN_PROGRESS" | "SUCCEEDED" | "FAILED" | "STOPPED";

interface Build {
  id: string;
  arn: string;
  project: BuildProject;
  status: Status;
  startedAt: Date;
  endedAt: Date | null;
  exported: Record<string, string>;
  /** What the job printed: CloudWatch would have it. */
  log: string;
}

/** EventBridge's "CodeBuild Build State Change". */
export interface BuildEvent {
  id: string;
  source: "aws.codebuild";
  "detail-type": "CodeBuild Build State Change";
  detail: { "build-id": string; "build-status": Status; "project-name": string };
}

export interface CodeBuildOptions {
  /** First part of the projects' names, with its dash. */
  prefix: string;
  region: string;
  /** The values of the secrets that projects name. */
  secrets: Record<string, object>;
  /** What stands around a job, put into its folder. @returns variables for it. */
  prepare: (folder: string, project: BuildProject) => Promise<Record<string, string>>;
  onEvent: (event: BuildEvent) => Promise<void>;
  log: (text: string) => void;
}

export interface LocalCodeBuild {
  url: string;
  builds(): readonly Readonly<Build>[];
  close(): Promise<void>;
}

const startBuild = z.object({
  projectName: z.string(),
  idempotencyToken: z.string().max(64).optional(),
  environmentVariablesOverride: z
    .array(z.object({ name: z.string(), value: z.string(), type: z.literal("PLAINTEXT").optional() }))
    .default([]),
});
const batchGetBuilds = z.object({ ids: z.array(z.string()).min(1).max(100) });

const seconds = (date: Date) => date.getTime() / 1000;

/**
 * CodeBuild on one machine: StartBuild and BatchGetBuilds of the projects that the stack makes. A build runs the
 * commands of its project's buildspec in a shell, with stand-ins for the tools that talk to the world, and its
 * beginning and end are told as EventBridge tells them.
 */
export async function startCodeBuild(options: CodeBuildOptions): Promise<LocalCodeBuild> {
  const { prefix, region } = options;
  const builds = new Map<string, Build>();
  const byToken = new Map<string, { id: string; request: string }>();
  const running = new Map<string, Promise<RunningJob>>();
  const telling = new Set<Promise<void>>();
  let closed = false;

  function tell({ arn, project, status }: Build): void {
    const told = options
      .onEvent({
        id: randomUUID(),
        source: "aws.codebuild",
        "detail-type": "CodeBuild Build State Change",
        detail: { "build-id": arn, "build-status": status, "project-name": `${prefix}${project}` },
      })
      .finally(() => telling.delete(told));
    telling.add(told);
  }

  function begin(project: BuildProject, variables: Record<string, string>): Build {
    const id = `${prefix}${project}:${randomUUID()}`;
    const arn = `arn:aws:codebuild:${region}:000000000000:build/${id}`;
    const startedAt = new Date();
    const build: Build = {
      id,
      arn,
      project,
      status: "IN_PROGRESS",
      startedAt,
      endedAt: null,
      exported: {},
      log: "",
    };
    builds.set(id, build);
    const { secrets, prepare } = options;
    const job = startJob({ id, project, secrets, variables, prepare });
    running.set(id, job);
    void job.then(follow(build)).catch((thrown: unknown) => {
      options.log(`${id} could not be run: ${String(thrown)}`);
      end(build, "FAILED", "");
    });
    tell(build);
    return build;
  }

  const follow = (build: Build) => async (job: RunningJob) => {
    const { succeeded, exported, log } = await job.ended;
    build.exported = exported;
    end(build, succeeded ? "SUCCEEDED" : "FAILED", log);
  };

  function end(build: Build, status: Status, log: string): void {
    Object.assign(build, { status, log, endedAt: new Date() });
    running.delete(build.id);
    if (!closed) tell(build);
  }

  function start({ projectName, idempotencyToken: token, ...rest }: z.output<typeof startBuild>): Build {
    const project = projectName.slice(prefix.length) as BuildProject;
    if (!projectName.startsWith(prefix) || !Object.hasOwn(projects, project)) {
      throw new AwsError("ResourceNotFoundException", `Project cannot be found: ${projectName}`);
    }
    const request = JSON.stringify([projectName, rest]);
    const known = token === undefined ? undefined : byToken.get(token);
    if (known && known.request !== request) {
      throw new AwsError("InvalidInputException", "The idempotency token was used with other parameters.");
    }
    if (known) return builds.get(known.id) as Build;
    const variables = rest.environmentVariablesOverride.map(({ name, value }) => [name, value] as const);
    const build = begin(project, Object.fromEntries(variables));
    if (token !== undefined) byToken.set(token, { id: build.id, request });
    return build;
  }

  const server = await startAwsJson({
    target: "CodeBuild_20161006",
    version: "1.1",
    operations: {
      StartBuild: operation(startBuild, (input) => ({ build: format(start(input), prefix) })),
      BatchGetBuilds: operation(batchGetBuilds, ({ ids }) => ({
        builds: ids.flatMap((id) => {
          const build = builds.get(id);
          return build ? [format(build, prefix)] : [];
        }),
        buildsNotFound: ids.filter((id) => !builds.has(id)),
      })),
    },
  });
  return {
    url: server.url,
    builds: () => [...builds.values()],
    async close() {
      closed = true;
      const jobs = await Promise.allSettled([...running.values()]);
      for (const job of jobs) if (job.status === "fulfilled") await job.value.kill();
      await Promise.allSettled([...telling]);
      await server.close();
    },
  };
}

/** A build as the API tells it. */
function format(build: Build, prefix: string): object {
  const { id, arn, project, status, startedAt, endedAt, exported } = build;
  return {
    id,
    arn,
    projectName: `${prefix}${project}`,
    buildStatus: status,
    buildComplete: endedAt !== null,
    currentPhase: endedAt ? "COMPLETED" : "BUILD",
    startTime: seconds(startedAt),
    ...(endedAt ? { endTime: seconds(endedAt) } : {}),
    exportedEnvironmentVariables: Object.entries(exported).map(([name, value]) => ({ name, value })),
    logs: {},
  };
}
