import { withdrawnComment } from "../domain/post-comments.ts";
import { log } from "../runtime/logger.ts";
import { ledger } from "../store/ledger.ts";
import { newsStore, type Post } from "../store/news.ts";
import { issues, pulls, siteRepository } from "./news-context.ts";

/** Posts that nobody follows any more: expired, withheld, or of news that died. */

/** The post is online, whoever merged it: what it looked at is never told again. */
export async function settlePublished(post: Post): Promise<void> {
  await ledger().changeTold((told) => {
    const through = { ...told.through };
    for (const [repository, at] of Object.entries(post.through)) {
      if (at > (through[repository] ?? "")) through[repository] = at;
    }
    return {
      till: told.till !== null && told.till > post.till ? told.till : post.till,
      through,
      seen: [...new Set([...told.seen, ...post.seen])],
      open: told.open.filter((branch) => branch !== post.branch),
    };
  });
  await newsStore().savePost(post.branch, { settled: "published" });
}

/** The post will never be published: what it tells is free for the next one. */
export async function settleDropped(post: Post): Promise<void> {
  await ledger().changeTold((told) => ({
    ...told,
    open: told.open.filter((branch) => branch !== post.branch),
  }));
  await newsStore().savePost(post.branch, { settled: "dropped" });
}

/** A post that expired may have been merged by hand since. Before anything is drafted, so that nothing is told twice. */
export async function settleMergedPosts(): Promise<void> {
  for (const post of await openPosts()) {
    const number = post.pullRequest?.number;
    const pull = number === undefined ? null : await (await pulls()).pull(siteRepository().repo, number);
    if (!pull?.merged) continue;
    log("earlier-posts.merged", { branch: post.branch, number });
    await settlePublished(post);
  }
}

/** Closes what waits on other branches: the post tells its news too. */
export async function dropOtherPosts(post: Post): Promise<void> {
  for (const other of await openPosts()) {
    if (other.branch === post.branch) continue;
    await withdrawPost(other, "This post was never published.", post.pullRequest?.url ?? null);
  }
}

/** @param url of the post that tells its news instead. */
export async function withdrawPost(post: Post, reason: string, url: string | null = null): Promise<void> {
  const { repo, repository } = siteRepository();
  const client = await pulls();
  const number = post.pullRequest?.number;
  const pull = number === undefined ? null : await client.pull(repo, number);
  if (pull?.state === "open") {
    const text = withdrawnComment(reason, url);
    await (await issues()).keepComment(repository, pull.number, { key: `${post.branch}/withdrawn`, text });
    await client.changePull(repo, pull.number, { state: "closed" });
  }
  log("earlier-posts.withdrawn", { branch: post.branch, number });
  await settleDropped(post);
}

async function openPosts(): Promise<Post[]> {
  const { open } = await ledger().told();
  const posts = await Promise.all(open.map((branch) => newsStore().post(branch)));
  return posts.filter((post) => post !== null);
}
