import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildProject } from "../../../functions/catalog.ts";
import { type Buildspec, projects, readBuildspec, sourceFolder } from "../../codebuild/projects.ts";

export interface JobOptions {
  /** Of the build: `stablehand-read-vault:<uuid>`. */
  id: string;
  project: BuildProject;
  secrets: Record<string, object>;
  /** Of this build alone. */
  variables: Record<string, string>;
  prepare: (folder: string, project: BuildProject) => Promise<Record<string, string>>;
}

export interface RunningJob {
  ended: Promise<{ succeeded: boolean; exported: Record<string, string>; log: string }>;
  /** Ends every process of it. */
  kill(): Promise<void>;
}

const standIns = fileURLToPath(new URL("bin", import.meta.url));

/**
 * Runs the commands of a project's buildspec in bash, in a folder of its own and with an environment of its own: what
 * CodeBuild would give, what the world gives, and the stand-ins first on the PATH. The phase `install` only fetches the
 * tools that the stand-ins stand for, so it is left out.
 */
export async function startJob({
  id,
  project,
  secrets,
  variables,
  prepare,
}: JobOptions): Promise<RunningJob> {
  const folder = await mkdtemp(join(tmpdir(), "stablehand-job-"));
  const definition = projects[project];
  const buildspec = readBuildspec(definition.buildspec);
  const source = join(folder, "source");
  const home = join(folder, "home");
  await Promise.all([mkdir(home), mkdir(join(folder, "exported")), copySource(source)]);
  const world = await prepare(folder, project);
  await writeFile(join(folder, "job.sh"), scriptOf(buildspec, folder));
  const child = spawn("bash", [join(folder, "job.sh")], {
    cwd: source,
    stdio: ["ignore", "pipe", "pipe"],
    // A process group, so that all of it can be ended.
    detached: true,
    env: {
      PATH: [standIns, dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: home,
      TMPDIR: folder,
      LANG: "C.UTF-8",
      CODEBUILD_BUILD_ID: id,
      CODEBUILD_SRC_DIR: source,
      ...secretVariables(definition.secrets, secrets),
      ...(definition.keepsOutput ? { OUTPUT_BUCKET: "output" } : {}),
      ...world,
      ...variables,
    },
  });
  const ended = follow(child, folder, buildspec.env["exported-variables"]);
  return {
    ended,
    async kill() {
      if (child.pid !== undefined && child.exitCode === null) endGroup(child.pid);
      await ended;
    },
  };
}

async function copySource(target: string): Promise<void> {
  await mkdir(target);
  for (const file of await readdir(sourceFolder)) {
    if (!file.endsWith(".ts")) await cp(join(sourceFolder, file), join(target, file));
  }
}

function secretVariables(
  wanted: (typeof projects)[BuildProject]["secrets"],
  secrets: Record<string, object>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(wanted).map(([name, { secret, key }]) => {
      const value = (secrets[secret] as Record<string, unknown> | undefined)?.[key];
      return [name, typeof value === "string" ? value : ""];
    }),
  );
}

/**
 * All phases in one shell, as CodeBuild has it: after a command that fails the phase is over; after a failed `pre_build`
 * the build is over, while `post_build` follows a `build` of either end.
 */
function scriptOf({ env, phases }: Buildspec, folder: string): string {
  const phase = (name: "pre_build" | "build" | "post_build", condition: string) => [
    `if ${condition}; then`,
    "  phase=1",
    ...(phases[name]?.commands ?? []).map(
      (command) => `  if [ $phase = 1 ]; then eval ${quoted(command)} || { phase=0; ok=0; }; fi`,
    ),
    "fi",
    "export CODEBUILD_BUILD_SUCCEEDING=$ok",
  ];
  return [
    "ok=1",
    "export CODEBUILD_BUILD_SUCCEEDING=1",
    ...phase("pre_build", "true"),
    "prepared=$ok",
    ...phase("build", "[ $prepared = 1 ]"),
    ...phase("post_build", "[ $prepared = 1 ]"),
    ...env["exported-variables"].map(
      (name) => `printf %s "\${${name}-}" > ${quoted(join(folder, "exported", name))}`,
    ),
    "[ $ok = 1 ]",
    "",
  ].join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function follow(
  child: ChildProcess,
  folder: string,
  names: string[],
): Promise<{ succeeded: boolean; exported: Record<string, string>; log: string }> {
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", resolve);
  });
  const exported: Record<string, string> = {};
  for (const name of names) {
    exported[name] = await readFile(join(folder, "exported", name), "utf8").catch(() => "");
  }
  await rm(folder, { recursive: true, force: true });
  return { succeeded: code === 0, exported, log };
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (thrown) {
    // It has just ended by itself.
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
  }
}
