import { createHash } from "node:crypto";
import { changeKey } from "../domain/blog-post-selection.ts";
import { noNewsMessage } from "../domain/news-messages.ts";
import { changedNewsComment } from "../domain/post-comments.ts";
import { count } from "../domain/words.ts";
import { runFacts } from "../facts.ts";
import { config } from "../runtime/config.ts";
import { NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { runInput, step } from "../runtime/step.ts";
import type { PullRequest } from "../services/github-pulls.ts";
import { slack } from "../services/slack.ts";
import { ledger } from "../store/ledger.ts";
import { newsStore, type Post } from "../store/news.ts";
import type { Run } from "../store/runs.ts";
import { dropOtherPosts, settleMergedPosts, withdrawPost } from "./earlier-posts.ts";
import { issues, newsOf, newsSettings, pulls, runOf, siteRepository } from "./news-context.ts";
import { draftNews, type NewsDraft } from "./news-draft.ts";
import { tellRole } from "./role-issue.ts";

/**
 * Opens the pull request with the post of the run's week: once, however often this runs. What people changed stays as
 * they left it: then only what is new since is told, in a comment. Runs again when the run brought something else to
 * production than was planned.
 *
 * @returns `none` in a week without news, else `drafted`.
 */
export const handler = step("draft-post", runInput, async ({ run: id }) => {
  const [run, news] = await Promise.all([runOf(id), newsOf(id)]);
  await settleMergedPosts();
  const first = await draftNews(run);
  const branch = news.branch ?? (await freeBranch(first.path));
  const path = pathOn(branch, first.path);
  const draft = path === first.path ? first : await draftNews(run, path);
  const before = await newsStore().post(branch);

  if (before?.settled === "published") {
    // Merged by hand since this began: the review will tell.
    await newsStore().update(id, { branch, pullRequest: before.pullRequest });
    return { outcome: "drafted" };
  }
  if (!draft.post && !before?.pullRequest) {
    await tellNoNews(run, draft);
    return { outcome: "none" };
  }
  if (!draft.post && before && !(await isEdited(branch, path, before))) {
    const reason = "Nothing of what it tells is in production.";
    await withdrawPost(before, reason);
    await newsStore().update(id, { status: "withheld", note: reason });
    return { outcome: "none" };
  }
  await newsStore().update(id, { branch });
  const post = await write({ run, branch, path, draft, before });
  await newsStore().update(id, { pullRequest: post.pullRequest, status: "review", note: null });
  await dropOtherPosts(post);
  await tellRole(id);
  log("draft-post.drafted", { branch, number: post.pullRequest?.number, entries: post.entries.length });
  return { outcome: "drafted" };
});

/** Of the posts of this week the one that is not published yet; the place of a published one is taken. */
async function freeBranch(path: string): Promise<string> {
  const base = branchOf(path);
  for (let number = 1; ; number++) {
    const branch = number === 1 ? base : `${base}-${number}`;
    const post = await newsStore().post(branch);
    if (!post?.settled) return branch;
  }
}

/** The second post of a week stands beside the first: `week-47-2.md`. */
function pathOn(branch: string, path: string): string {
  return path.replace(/(\.\w+)?$/, `${branch.slice(branchOf(path).length)}$1`);
}

/** `news/weekly-2026-week-47` */
function branchOf(path: string): string {
  return `${newsSettings().branchPrefix}${path.replace(/\.\w+$/, "").replaceAll("/", "-")}`;
}

interface Writing {
  run: Run;
  branch: string;
  path: string;
  draft: NewsDraft;
  before: Post | null;
}

async function write({ run, branch, path, draft, before }: Writing): Promise<Post> {
  const client = await pulls();
  const { repo } = siteRepository();
  const pull = before?.pullRequest ? await client.pull(repo, before.pullRequest.number) : null;
  if (pull && pull.state === "closed") return await newsStore().savePost(branch, { run: run.id });

  const edited = await isEdited(branch, path, before);
  const content = draft.post?.content ?? null;
  const title = draft.post?.title ?? before?.title ?? "";
  const written = [
    ...(before?.written ?? []),
    ...(content ? [blobOf(content)] : []),
    digestOf(draft.description),
  ];
  // Written down before it is written: whoever runs this again knows our own work.
  let post = await newsStore().savePost(branch, {
    run: run.id,
    path,
    title,
    till: draft.period.till,
    pullRequest: before?.pullRequest ?? null,
    written: [...new Set(written)],
    entries: edited ? (before?.entries ?? []) : draft.entries,
    offered: withEarlier(before?.offered ?? [], draft),
    notInProduction: edited ? goneFrom(before, draft) : [],
    seen: draft.seen,
    through: draft.through,
    heads: draft.heads,
    settled: null,
  });
  await ledger().changeTold((all) => ({ ...all, open: [...new Set([...all.open, branch])] }));
  if (!edited && content) await commit(post, content);
  const open = pull ?? (await openPull(post, draft.description));
  post = await newsStore().savePost(branch, { pullRequest: { number: open.number, url: open.url } });
  await describePull(open, draft.description, before);
  if (edited) await commentOnEdited(run.id, open, draft, before);
  return post;
}

/** Somebody else changed the file, renamed it, or took it away. */
async function isEdited(branch: string, path: string, before: Post | null): Promise<boolean> {
  if (!before) return false;
  const client = await pulls();
  const { repo } = siteRepository();
  if ((await client.branchHead(repo, branch)) === null) return false;
  const file = await client.file(repo, path, branch);
  if (!file) return before.pullRequest !== null;
  return !before.written.includes(file.sha);
}

async function commit(post: Post, content: string): Promise<void> {
  const client = await pulls();
  const { repo, repository } = siteRepository();
  const { baseBranch } = newsSettings();
  if ((await client.branchHead(repo, post.branch)) === null) {
    const base = await client.branchHead(repo, baseBranch);
    if (!base)
      throw new NotFound(`${repository} has no branch ${baseBranch}: check the setting news.baseBranch.`);
    await client.makeBranch(repo, post.branch, base);
  }
  const file = await client.file(repo, post.path, post.branch);
  if (file?.content === content) return;
  await client.commitFile(repo, {
    branch: post.branch,
    path: post.path,
    content,
    message: file ? `Update the draft of “${post.title}”` : `Draft “${post.title}”`,
    replaces: file?.sha ?? null,
  });
}

async function openPull(post: Post, description: string): Promise<PullRequest> {
  const client = await pulls();
  const { repo } = siteRepository();
  const found = await client.pullOf(repo, post.branch);
  if (found?.state === "open") return found;
  const { branch, title } = post;
  return await client.openPull(repo, { branch, base: newsSettings().baseBranch, title, description });
}

/** Unless a person changed it (a tick in the checklist is a change). */
async function describePull(pull: PullRequest, description: string, before: Post | null): Promise<void> {
  const ours = before?.written.includes(digestOf(pull.description)) ?? false;
  if (!ours || pull.description === description) return;
  await (await pulls()).changePull(siteRepository().repo, pull.number, { description });
}

function withEarlier(earlier: Post["offered"], draft: NewsDraft): Post["offered"] {
  const known = new Set(earlier.map(({ key }) => key));
  return [...earlier, ...draft.entries.filter(({ key }) => !known.has(key))];
}

/** One comment a run, kept up to date. */
async function commentOnEdited(run: string, pull: PullRequest, draft: NewsDraft, before: Post | null) {
  const known = new Set(before?.entries.map(({ key }) => key));
  const more = draft.selection.told.filter(
    ({ changes }) => !changes.some((each) => known.has(changeKey(each))),
  );
  const text = changedNewsComment(more, goneFrom(before, draft));
  if (!text) return;
  await (await issues()).keepComment(siteRepository().repository, pull.number, { key: `${run}/more`, text });
}

/** What was drafted or offered, and is not to be told any more. */
function goneFrom(before: Post | null, draft: NewsDraft): Post["offered"] {
  return (before?.offered ?? []).filter(({ key }) => !draft.entries.some((each) => each.key === key));
}

async function tellNoNews(run: Run, { period, selection }: NewsDraft): Promise<void> {
  const held = selection.candidates.length;
  const note = `no news from ${period.since} to ${period.till}${held > 0 ? `, ${count(held, "candidate")}` : ""}`;
  await newsStore().update(run.id, { status: "none", note });
  const message = noNewsMessage({ ...runFacts(run.id), ...period, held });
  await (await slack()).postOnce({
    channel: config().slack.channel,
    key: `${run.id}/news/none`,
    ...message,
  });
}

/** As git names a file's content. */
function blobOf(content: string): string {
  const bytes = Buffer.from(content, "utf8");
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

function digestOf(text: string): string {
  return createHash("sha256").update(text.replace(/\r\n/g, "\n").trim()).digest("hex");
}
