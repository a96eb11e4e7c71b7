import { newsStore } from "../../functions/store/news.ts";
import { runs } from "../../functions/store/runs.ts";
import type { ReviewVerdict } from "../../infra/local/world/github/pull-records.ts";
import type { TestSystem } from "./local-system.ts";

/** A weekly run with its approved plan, whose news steps are called one by one, as their states would. */
export interface NewsRun {
  run: string;
  /** Calls a step with the run's name, as its state does. */
  step<T = { outcome: string }>(name: string, input?: Record<string, unknown>): Promise<T>;
  /** What main holds now becomes what the run brings. */
  planAgain(): Promise<void>;
  /** Everything that was planned is deployed, but for these; then the run ends. */
  end(status: "finished" | "aborted", without?: string[]): Promise<void>;
  /** The pull request of its post, as GitHub keeps it. */
  pull(): Pull;
  review(state?: ReviewVerdict, reviewer?: string): Promise<void>;
  /** The post's file on its branch. */
  file(): Promise<string>;
  /** A person changes the file. */
  edit(change: (text: string) => string): Promise<void>;
}

type Pull = ReturnType<TestSystem["world"]["github"]["sitePulls"]>[number];

const site = "packit.dev";

export async function newsRun(
  system: TestSystem,
  run: string,
  scheduledFor = "2026-11-23T12:00:00.000Z",
): Promise<NewsRun> {
  const { github } = system.world;
  let version = 0;
  const step = async <T>(name: string, input: Record<string, unknown> = {}) =>
    (await system.invoke(name, { run, resumed: { key: "k", id: "i" }, ...input })) as T;
  const planAgain = async () => {
    const plan = await step<{ version: number }>("PlanPromotion");
    version = plan.version;
    const made = await runs().plan(run, version);
    if (!made) throw new Error(`${run} was not planned`);
    await runs().saveApproved(run, made);
  };
  await system.invoke("OpenRun", {
    run,
    kind: "weekly",
    scheduledFor,
    only: [],
    purpose: "",
    execution: `arn:aws:states:eu-central-1:000000000000:execution:weekly-deployment:${run}`,
  });
  await planAgain();
  await newsStore().open({
    run,
    execution: null,
    status: "drafting",
    note: null,
    openedAt: new Date().toISOString(),
    deadline: new Date(Date.now() + 3_600_000).toISOString(),
    branch: null,
    pullRequest: null,
    postUrl: null,
    mergedAt: null,
    remindedAt: null,
  });
  const post = async () => {
    const branch = (await newsStore().get(run))?.branch;
    const found = branch ? await newsStore().post(branch) : null;
    if (!found) throw new Error(`${run} has no post`);
    return found;
  };
  const pull = () => {
    const [newest] = github.sitePulls();
    if (!newest) throw new Error("there is no pull request");
    return newest;
  };
  const file = async () => {
    const { branch, path } = await post();
    return (await github.textFiles(site, branch)).get(path) ?? "";
  };
  return {
    run,
    step,
    planAgain,
    pull,
    file,
    async end(status, without = []) {
      const plan = await runs().approved(run);
      for (const { name, action } of plan?.repositories ?? []) {
        if (action !== "move" && action !== "rebuild") continue;
        await runs().saveRepository(run, name, { stage: without.includes(name) ? "failed" : "deployed" });
      }
      await runs().end(run, { status, reason: status === "finished" ? "deployed" : "stopped by Ada" });
    },
    review: async (state = "APPROVED", reviewer = "ada-packit") =>
      await github.reviewAsPerson(site, pull().number, { reviewer, state }),
    async edit(change) {
      const { branch, path } = await post();
      const content = change(await file());
      const commit = { branch, path, content, message: "Say it better", login: "ben-packit" };
      await github.commitFileAsPerson(site, commit);
    },
  };
}
