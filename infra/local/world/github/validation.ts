import type { Config } from "../../../../functions/runtime/config.ts";
import { madeUpSha } from "../seed.ts";
import type { ProxyRequest, Reply } from "./server.ts";
import { nodeId } from "./webhooks.ts";

/**
 * The pull requests on which the deployed services test themselves every night, and the check runs that their apps
 * report: made up, and all green. They are in a repository of their own, which nothing else looks at.
 */
export interface Validation {
  /** Null: no request about them. */
  answer(request: ProxyRequest): Reply | null;
}

const cases = ["opened PR trigger", "push trigger", "pr comment trigger"];
const checks = ["rpm-build:fedora-stable-x86_64", "testing-farm:fedora-stable-x86_64"];
/** The validation begins at night, and each of its checks takes a while. */
const hoursAgo = 9;
const minutesOfCheck = 12;
const minute = 60_000;

interface Pull {
  number: number;
  deployment: "staging" | "production";
  title: string;
  sha: string;
}

export function createValidation({ health }: Config, publicUrl: string): Validation {
  const settings = health.validation;
  if (!settings) return { answer: () => null };
  const { repository, titlePrefix, apps } = settings;
  const night = Date.now() - hoursAgo * 60 * minute;
  const pulls = (["staging", "production"] as const).flatMap((deployment, part) =>
    cases.map((each, index): Pull => {
      const title = `${titlePrefix} (${deployment === "staging" ? "stg" : "prod"}): ${each}`;
      return {
        number: 900 + part * cases.length + index,
        deployment,
        title,
        sha: madeUpSha(repository, title),
      };
    }),
  );
  const url = (pull: Pull) => `${publicUrl}/${repository}/pull/${pull.number}`;

  function formatPull(pull: Pull) {
    return {
      id: pull.number,
      node_id: nodeId("PullRequest", pull.number),
      number: pull.number,
      url: `${publicUrl}/repos/${repository}/pulls/${pull.number}`,
      html_url: url(pull),
      state: "open",
      title: pull.title,
      user: { login: "packit-validation", type: "User" },
      labels: [],
      created_at: new Date(night).toISOString(),
      updated_at: new Date(night).toISOString(),
      closed_at: null,
      merged_at: null,
      draft: false,
      base: { ref: "main", sha: madeUpSha(repository, "main") },
      head: { ref: `test_case_${pull.number}`, sha: pull.sha },
    };
  }

  function formatCheck(pull: Pull, name: string, index: number) {
    const id = pull.number * 10 + index;
    const startedAt = night + index * minutesOfCheck * minute;
    const slug = apps[pull.deployment].replace(/\[bot\]$/, "");
    return {
      id,
      node_id: nodeId("CheckRun", id),
      name,
      head_sha: pull.sha,
      status: "completed",
      conclusion: "success",
      started_at: new Date(startedAt).toISOString(),
      completed_at: new Date(startedAt + minutesOfCheck * minute).toISOString(),
      html_url: `${url(pull)}/checks?check_run_id=${id}`,
      app: { id: pull.deployment === "staging" ? 1 : 2, slug, name: slug },
    };
  }

  return {
    answer({ method, url: { pathname } }) {
      if (method !== "GET" || !pathname.startsWith(`/repos/${repository}/`)) return null;
      const rest = pathname.slice(`/repos/${repository}/`.length);
      if (rest === "pulls") return { status: 200, body: pulls.map(formatPull) };
      const [, sha] = /^commits\/([0-9a-f]{40})\/check-runs$/.exec(rest) ?? [];
      const pull = pulls.find((each) => each.sha === sha);
      if (!pull) return null;
      const check_runs = checks.map((name, index) => formatCheck(pull, name, index));
      return { status: 200, body: { total_count: check_runs.length, check_runs } };
    },
  };
}
