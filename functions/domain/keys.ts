/**
 * Correlation keys: what comes from outside finds the wait that it is for by its key. A key names everything that
 * tells two events apart. Slashes within a part (branches, paths) are encoded, so no two events share a key.
 */
function key(...parts: string[]): string {
  return parts.map((part) => part.replaceAll("%", "%25").replaceAll("/", "%2F")).join("/");
}

/** A completed workflow run. GitHub's owners and repositories go without regard to case. */
export function githubRunKey(run: {
  owner: string;
  repository: string;
  branch: string;
  /** Path of the workflow file. */
  workflow: string;
  /** Commit that the run built. */
  sha: string;
}): string {
  const { owner, repository, branch, workflow, sha } = run;
  return key("github", "run", owner.toLowerCase(), repository.toLowerCase(), branch, workflow, sha);
}

/** A tag that was pushed at Quay. */
export function quayPushKey(push: { namespace: string; image: string; tag: string }): string {
  return key("quay", "push", push.namespace, push.image, push.tag);
}

/** A person's answer to a question of a run. */
export function decisionKey(run: string, question: string): string {
  return key("decision", run, question);
}

/** The RPMs that a repository waits for. Copr sends nothing, so only a re-check ever signals this. */
export function dependenciesKey(run: string, repository: string): string {
  return key("dependencies", run, repository);
}

/** What happens to the pull request of a branch: a review, its checks, its end. */
export function githubPullKey(pull: { owner: string; repository: string; branch: string }): string {
  const { owner, repository, branch } = pull;
  return key("github", "pull", owner.toLowerCase(), repository.toLowerCase(), branch);
}

/** How the run ended whose news wait for that. */
export function productionKey(run: string): string {
  return key("production", run);
}

/** Somebody stopped a run: each of its waits listens to this, so that it ends before its next change. */
export function stopKey(run: string): string {
  return key("stop", run);
}

/** The moment that a run waits for, ISO 8601. Nothing tells of it, so only a re-check ever signals this. */
export function timeKey(run: string, moment: string): string {
  return key("time", run, moment);
}

/** A rollback of a run ended. @param number counts up with each try. */
export function rollbackKey(run: string, number: number): string {
  return key("rollback", run, String(number));
}

/** The number in a rollback's key; null for any other key. */
export function rollbackOfKey(text: string): number | null {
  const [kind, , number] = text.split("/");
  return kind === "rollback" && number && /^\d+$/.test(number) ? Number(number) : null;
}

/** The question that a decision's key is about; null for any other key. */
export function questionOfKey(text: string): string | null {
  const [kind, , question] = text
    .split("/")
    .map((part) => part.replaceAll("%2F", "/").replaceAll("%25", "%"));
  return kind === "decision" && question ? question : null;
}

/** A build of CodeBuild that ended. `build` is its id (`project:uuid`), as StartBuild returns it. */
export function codeBuildKey(build: string): string {
  return key("codebuild", build);
}
