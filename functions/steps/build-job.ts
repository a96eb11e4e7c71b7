import { createHash } from "node:crypto";
import type { z } from "zod";
import type { BuildProject } from "../catalog.ts";
import { codeBuildKey, stopKey } from "../domain/keys.ts";
import { BadInput, DeadlinePassed, NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { codeBuild, type JobState } from "../services/codebuild.ts";
import { runs } from "../store/runs.ts";
import { waits } from "../waits.ts";
import { minutesAfter, now } from "./run-context.ts";

/**
 * Jobs in CodeBuild: a step starts one and stores its id, the next state waits for its state-change event, the one
 * after confirms it with CodeBuild. The builds of a project within a run are numbered; the last one counts.
 */

const buildKey = (project: BuildProject, number: number) => `build/${project}/${number}`;

/** The last build of a project that the run started. */
export async function lastBuild(
  run: string,
  project: BuildProject,
): Promise<{ number: number; id: string } | null> {
  let last: { number: number; id: string } | null = null;
  for (let number = 1; ; number++) {
    const id = await runs().recall<string>(run, buildKey(project, number));
    if (id === null) return last;
    last = { number, id };
  }
}

/** Starts a project's build of this number, once; its id is stored before anybody uses it. */
export async function startBuild(
  run: string,
  project: BuildProject,
  { number, variables }: { number: number; variables: Record<string, string> },
): Promise<string> {
  const known = await runs().recall<string>(run, buildKey(project, number));
  if (known) return known;
  // A step that died before it stored the id, and runs again, gets the same build by the same token.
  const token = createHash("sha256")
    .update(JSON.stringify([run, project, number, variables]))
    .digest("hex");
  const id = await codeBuild().start({ project, token, variables });
  const { value } = await runs().remember(run, buildKey(project, number), id);
  log("build-job.started", { project, number, build: value });
  return value;
}

/**
 * Waits for the end of the last build, good or bad. Each entry of the state asks CodeBuild once, in case its event was
 * lost.
 * @throws DeadlinePassed
 */
export async function awaitBuild(wait: {
  run: string;
  state: string;
  project: BuildProject;
  minutes: number;
  token: string;
  /** For people: `the vault's changelog`. */
  what: string;
}): Promise<void> {
  const { run, state, project, minutes, token, what } = wait;
  const build = await lastBuild(run, project);
  if (!build) throw new NotFound(`${run} has not started ${project}.`);
  const key = codeBuildKey(build.id);
  const id = `${run}/${state}/${build.number}`;
  const deadline = minutesAfter(now(), minutes);
  const registered = await waits().register({
    id,
    run,
    keys: [key, stopKey(run)],
    after: {},
    token,
    deadline,
  });
  if (registered.status === "resumed") return;
  const { status, word, url } = await codeBuild().job(build.id);
  if (status !== "running") {
    await waits().signal({ key, id: `${build.id}/${word}`, origin: "recheck", body: { status: word } });
    return;
  }
  if (registered.deadline === null || now() <= registered.deadline) return;
  await waits().giveUp(id, token);
  throw new DeadlinePassed(
    `${what}: the build has not ended after ${minutes} minutes${url ? `: ${url}` : "."}`,
  );
}

/** The last build as CodeBuild knows it now; null while it runs: wait on. */
export async function confirmBuild(
  run: string,
  state: string,
  { project, resumed }: { project: BuildProject; resumed: { key: string; id: string } },
): Promise<{ number: number; id: string; job: JobState } | null> {
  const build = await lastBuild(run, project);
  if (!build) throw new NotFound(`${run} has not started ${project}.`);
  await waits().acknowledge(`${run}/${state}/${build.number}`, resumed);
  const job = await codeBuild().job(build.id);
  return job.status === "running" ? null : { ...build, job };
}

/** What a job lets out: RESULT, base64 of JSON. Null: it did not get so far. @throws BadInput for another shape. */
export function resultOf<S extends z.ZodType>(job: JobState, schema: S): z.output<S> | null {
  const { RESULT: text = "" } = job.exported;
  if (text === "") return null;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64").toString("utf8"));
  } catch {
    throw new BadInput("The result of a build is not what its job should let out.");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BadInput("The result of a build is not what its job should let out.");
}
