import type { Config, RepositoryConfig } from "../../../../functions/runtime/config.ts";
import { madeUpSha, type SeedCommit, type SeedRepository, titleOf } from "../seed.ts";
import type { Backend } from "./backend.ts";

/** Real sha (of the data) → sha in the emulated repository. */
export type ShaMap = Map<string, string>;

type Files = ReadonlyMap<string, string>;

/**
 * Builds the history of a repository through the Git data API: the base, what only one branch has, both branches.
 * Everything that goes into a sha comes from the seed, so the same seed gives the same shas.
 */
export async function buildHistory(backend: Backend, config: Config, seed: SeedRepository): Promise<ShaMap> {
  const repository = `${config.github.owner}/${seed.name}`;
  const settings = config.repositories.find((each) => each.name === seed.name);
  const write = createWriter(
    backend,
    repository,
    config.people.map((each) => each.github),
  );
  const shas: ShaMap = new Map();
  const files = new Map<string, Files>();
  const patches = new Map<string, Files>();

  const make = async (commit: SeedCommit, changesOf: (merged: Files) => Files) => {
    const [first, ...others] = commit.parents.map((parent) => files.get(parent) ?? new Map());
    const merged = new Map([...others.flatMap((each) => [...each]), ...(first ?? [])]);
    const after = new Map([...merged, ...changesOf(merged)]);
    const changes = new Map([...after].filter(([path, content]) => first?.get(path) !== content));
    const parents = commit.parents.map((parent) => shas.get(parent) ?? "");
    shas.set(commit.sha, await write(commit, parents, changes));
    files.set(commit.sha, after);
    return changes;
  };

  await make(seed.base, () =>
    baseFiles(seed.name, settings, [config.github.mainBranch, config.github.stableBranch]),
  );
  const aheadTitles = countTitles();
  for (const commit of seed.ahead) {
    const key = aheadTitles(commit);
    const changes = await make(commit, (merged) => {
      const own = commit.files ? new Map(Object.entries(commit.files)) : null;
      if (own) return own;
      const first = files.get(commit.parents[0] ?? "");
      // A merge brings what it merges; only where that is nothing, it needs a change of its own.
      return commit.parents.length > 1 && merged.size > (first?.size ?? 0)
        ? new Map()
        : madeUpFile(key, settings);
    });
    patches.set(key, changes);
  }
  const behindTitles = countTitles();
  for (const commit of seed.behind) {
    const key = behindTitles(commit);
    // A cherry-pick has the patch of the commit with the same title.
    await make(commit, () =>
      commit.files
        ? new Map(Object.entries(commit.files))
        : (patches.get(key) ?? madeUpFile(`${key} on stable`, settings)),
    );
  }
  const { mainBranch, stableBranch } = config.github;
  for (const [branch, sha] of [
    [mainBranch, seed.main],
    [stableBranch, seed.stable],
  ] as const) {
    await createBranch(backend, repository, branch, shas.get(sha) ?? "");
  }
  return shas;
}

/** The repository that pins the moved ones as submodules, each at its stable commit. */
export async function buildMonorepo(
  backend: Backend,
  config: Config,
  stable: (repository: string) => string | null,
  date: string,
): Promise<void> {
  const { owner, monorepo, webUrl } = config.github;
  if (!monorepo) return;
  const repository = `${owner}/${monorepo.name}`;
  const names = config.repositories
    .filter((each) => each.moved && stable(each.name))
    .map((each) => each.name);
  const gitmodules = names
    .map((name) => `[submodule "${name}"]\n\tpath = ${name}\n\turl = ${webUrl}/${owner}/${name}.git\n`)
    .join("");
  const readme = `# ${monorepo.name}\n\nWhat runs in production.\n`;
  const tree = await post<{ sha: string }>(backend, `/repos/${repository}/git/trees`, {
    tree: [
      ...[...Object.entries({ ".gitmodules": gitmodules, "README.md": readme })].map(([path, content]) => ({
        path,
        mode: "100644",
        type: "blob",
        content,
      })),
      ...names.map((path) => ({ path, mode: "160000", type: "commit", sha: stable(path) })),
    ],
  });
  const author = identityOf(config.people[0]?.github ?? "somebody", true, date);
  const commit = await post<{ sha: string }>(backend, `/repos/${repository}/git/commits`, {
    message: monorepo.message,
    tree: tree.sha,
    parents: [],
    author,
    committer: author,
  });
  await createBranch(backend, repository, monorepo.branch, commit.sha);
}

/** A repository with nothing but a README. */
export async function buildPlain(
  backend: Backend,
  repository: string,
  branch: string,
  date: string,
): Promise<void> {
  const write = createWriter(backend, repository, []);
  const sha = madeUpSha(repository);
  const commit = { sha, message: "Add a README", date, parents: [], author: "somebody" };
  const name = repository.split("/")[1] ?? repository;
  await createBranch(
    backend,
    repository,
    branch,
    await write(commit, [], new Map([["README.md", `# ${name}\n`]])),
  );
}

/** The issue that says who is on duty this week. */
export async function buildDutyIssue(backend: Backend, config: Config): Promise<void> {
  const { repository, label, title } = config.duty;
  const person = config.people.find((each) => each.approver && !each.away);
  await post(backend, `/repos/${repository}/issues`, {
    title,
    body: [
      "Weekly production update:",
      "",
      "- [ ] Check with the team whether deploying new changes from `main` is safe.",
      "- [ ] Check the current state of the staging deployment.",
      "- [ ] Change the channel topic on both chats (Matrix and Slack).",
      "- [ ] Move content from `main` branches to the `stable` branches.",
      "- [ ] Go to the Actions tab and make sure the images from the `stable` branches are built and pushed to Quay.io.",
      "- [ ] Clean up older images from Quay.",
      "- [ ] Create a blog post about what's been changed in `main` branches since their last `stable` branch update.",
      "- [ ] Check that the new images are imported to the production deployment, and check the production state.",
      "- [ ] Revert the topic change after the images are built and imported to the OpenShift.",
      "- [ ] Merge and publish your blog post.",
      "- [ ] (optional) Create a Mastodon post mentioning the top news.",
    ].join("\n"),
    labels: [label],
    assignees: person ? [person.github] : [],
  });
}

async function post<T>(backend: Backend, path: string, body: unknown): Promise<T> {
  // The emulator's answers have the shapes of GitHub's API.
  return (await backend.change("POST", path, body)) as T;
}

async function createBranch(
  backend: Backend,
  repository: string,
  branch: string,
  sha: string,
): Promise<void> {
  await post(backend, `/repos/${repository}/git/refs`, { ref: `refs/heads/${branch}`, sha });
}

/** Writes commits with the changes against their first parent. */
function createWriter(backend: Backend, repository: string, logins: string[]) {
  const trees = new Map<string, string>();
  return async (commit: SeedCommit, parents: string[], changes: Files): Promise<string> => {
    const base = trees.get(parents[0] ?? "");
    let tree = base;
    if (changes.size > 0 || !tree) {
      const entries = [...changes].map(([path, content]) => ({
        path,
        mode: "100644",
        type: "blob",
        content,
      }));
      const made = await post<{ sha: string }>(backend, `/repos/${repository}/git/trees`, {
        ...(base ? { base_tree: base } : {}),
        tree: entries,
      });
      tree = made.sha;
    }
    const name = commit.author ?? pick(logins, commit.sha);
    const author = identityOf(name, logins.includes(name), commit.date);
    const made = await post<{ sha: string }>(backend, `/repos/${repository}/git/commits`, {
      message: commit.message,
      tree,
      parents,
      author,
      committer: author,
    });
    trees.set(made.sha, tree);
    return made.sha;
  };
}

/** A name that belongs to no account gets an address that leads to none. */
function identityOf(name: string, account: boolean, date: string) {
  const local = name.replace(/[^A-Za-z0-9]+/g, "-").toLowerCase() || "somebody";
  const email = account ? `${name}@users.noreply.github.com` : `${local}@contributors.example.org`;
  return { name, email, date };
}

function pick(logins: string[], sha: string): string {
  return logins[Number.parseInt(sha.slice(0, 8), 16) % logins.length] ?? "somebody";
}

/** Tells several commits with the same title apart, the same way on both branches. */
function countTitles(): (commit: SeedCommit) => string {
  const seen = new Map<string, number>();
  return ({ message }) => {
    const title = titleOf(message);
    const count = (seen.get(title) ?? 0) + 1;
    seen.set(title, count);
    return count === 1 ? title : `${title} (${count})`;
  };
}

function baseFiles(name: string, settings: RepositoryConfig | undefined, branches: string[]): Files {
  const files = new Map([["README.md", `# ${name}\n`]]);
  if (settings?.build) files.set(settings.build.workflow, workflowFile(settings.build.dispatch, branches));
  if (settings?.migrations)
    files.set(`${folder(settings.migrations)}0a1b2c3d4e5f_first.py`, 'revision = "0a1b2c3d4e5f"\n');
  return files;
}

function workflowFile(dispatch: boolean, branches: string[]): string {
  return [
    "name: Rebuild & push images",
    "on:",
    "  push:",
    `    branches: [${branches.join(", ")}]`,
    ...(dispatch ? ["  workflow_dispatch:"] : []),
    "jobs:",
    "  build:",
    "    runs-on: ubuntu-latest",
    "    steps: []",
    "",
  ].join("\n");
}

/** One file that only this commit adds, in a place that fits what the title speaks of. */
function madeUpFile(title: string, settings: RepositoryConfig | undefined): Files {
  const id = madeUpSha(title).slice(0, 12);
  const slug = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  if (settings?.migrations && /\b(migrations?|alembic)\b/i.test(title)) {
    return new Map([
      [`${folder(settings.migrations)}${id}_${slug.replaceAll("-", "_")}.py`, `revision = "${id}"\n`],
    ]);
  }
  if (/\b(workflows?|github actions?)\b/i.test(title)) {
    return new Map([[`.github/workflows/${slug}-${id}.yml`, `name: ${id}\non: [pull_request]\n`]]);
  }
  return new Map([[`changes/${slug || "change"}-${id}.md`, `${title}\n`]]);
}

function folder(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}
