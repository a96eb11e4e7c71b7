import { html } from "hono/html";
import type { Backend } from "./backend.ts";
import type { PullRecord, PullStore } from "./pull-records.ts";
import type { Reviews } from "./reviews.ts";
import type { ProxyRequest, Reply } from "./server.ts";
import { textFiles } from "./site-files.ts";

/** The page of a pull request of the site, for whoever rehearses without the robot: what it adds, and a button. */
export interface PullPage {
  /** Null: no request of this page. */
  answer(request: ProxyRequest): Promise<Reply | null>;
}

export function createPullPage(options: {
  backend: Backend;
  pulls: PullStore;
  reviews: Reviews;
  /** Login of who presses the button. */
  reviewer: string;
}): PullPage {
  const { backend, pulls, reviews, reviewer } = options;
  return {
    async answer({ method, url }): Promise<Reply | null> {
      const [, repository, number] = /^\/([^/]+\/[^/]+)\/pull\/(\d+)$/.exec(url.pathname) ?? [];
      const pull = repository ? pulls.get(repository, Number(number)) : null;
      if (!pull) return null;
      if (method === "POST") {
        await reviews.review(pull.repository, pull.number, { reviewer, state: "APPROVED" });
        return { status: 303, headers: { location: url.pathname } };
      }
      return {
        status: 200,
        headers: { "content-type": "text/html; charset=utf-8" },
        body: String(await page(pull, await changedFiles(backend, pull))),
      };
    },
  };
}

async function changedFiles(backend: Backend, { repository, branch, base }: PullRecord) {
  const [ours, theirs] = await Promise.all(
    [branch, base].map((name) => textFiles(backend, repository, name)),
  );
  return [...(ours ?? [])].filter(([path, text]) => theirs?.get(path) !== text);
}

function page(pull: PullRecord, files: [path: string, text: string][]) {
  const approved = pull.reviews.some(({ state, sha }) => state === "APPROVED" && sha === pull.head);
  const state = pull.mergeCommit ? "merged" : approved && pull.state === "open" ? "approved" : pull.state;
  return html`<!doctype html>
    <meta charset="utf-8" />
    <title>${pull.title} #${pull.number}</title>
    <h1>${pull.title} #${pull.number}</h1>
    <p>${state}, check: ${pull.checks[pull.head]?.conclusion ?? "running"}</p>
    ${state === "open" ? html`<form method="post"><button>Approve</button></form>` : ""}
    ${files.map(([path, text]) => html`<h2>${path}</h2><pre>${text}</pre>`)}
    <h2>Description</h2>
    <pre>${pull.body}</pre>
    ${pull.comments.map(({ body }) => html`<h2>Comment</h2><pre>${body}</pre>`)}`;
}
