import type { WorldContext } from "../context.ts";
import type { Backend } from "./backend.ts";
import type { Mirror, MirroredCommit, RefChange } from "./mirror.ts";
import type { Webhooks } from "./webhooks.ts";

const nothing = "0".repeat(40);
/** GitHub lists no more commits in one push. */
const commitsListed = 2048;

/** Tells the App and the other systems that branches and tags moved. Other refs are told to nobody, like at GitHub. */
export function announcePushes(
  changes: RefChange[],
  {
    ctx,
    backend,
    webhooks,
    publicUrl,
    log,
  }: {
    ctx: WorldContext;
    backend: Backend;
    webhooks: Webhooks;
    publicUrl: string;
    log(text: string): void;
  },
): void {
  const inOwner = `${ctx.config.github.owner}/`;
  for (const change of changes) {
    const { repository, ref, before, after } = change;
    if (!/^refs\/(heads|tags)\//.test(ref)) continue;
    void webhooks.deliver("push", repository, pushPayload(backend.mirror, change, publicUrl));
    const [, branch] = /^refs\/heads\/(.+)$/.exec(ref) ?? [];
    if (!branch || after === null || !repository.startsWith(inOwner)) continue;
    const name = repository.slice(inOwner.length);
    try {
      ctx.events.emit("push", { repository: name, branch, before: before ?? nothing, after });
    } catch (error) {
      log(`a listener to pushes failed: ${String(error)}`);
    }
  }
}

/** The payload of the webhook `push`, without what every webhook has. */
function pushPayload(
  mirror: Mirror,
  { repository, ref, before, after }: RefChange,
  publicUrl: string,
): Record<string, unknown> {
  const format = (commit: MirroredCommit) =>
    formatCommit(commit, `${publicUrl}/${repository}/commit/${commit.sha}`);
  const commits = before && after ? mirror.between(repository, before, after) : [];
  const head = after ? mirror.commit(repository, after) : null;
  return {
    ref,
    before: before ?? nothing,
    after: after ?? nothing,
    created: before === null,
    deleted: after === null,
    forced: before !== null && after !== null && !mirror.isAncestor(repository, before, after),
    base_ref: null,
    compare: `${publicUrl}/${repository}/compare/${(before ?? nothing).slice(0, 12)}...${(after ?? nothing).slice(0, 12)}`,
    commits: commits.slice(0, commitsListed).reverse().map(format),
    head_commit: head ? format(head) : null,
    pusher: { name: "stablehand[bot]" },
  };
}

function formatCommit({ sha, tree, message, author }: MirroredCommit, url: string) {
  const person = { name: author.name, email: author.email };
  return {
    id: sha,
    tree_id: tree,
    distinct: true,
    message,
    timestamp: author.date,
    url,
    author: person,
    committer: person,
    added: [],
    removed: [],
    modified: [],
  };
}
