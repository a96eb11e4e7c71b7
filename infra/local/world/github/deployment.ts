import { z } from "zod";
import type { Config, ObjectsConfig } from "../../../../functions/runtime/config.ts";
import type { Backend } from "./backend.ts";

/** The repository that the Kubernetes objects live in, with real commits: a job clones it by git. */

export interface DeploymentCommit {
  message: string;
  /** Login of a person of the configuration. */
  author: string;
  /** ISO 8601, UTC; git knows whole seconds. */
  date: string;
  /** Path → content of the files that it adds or changes. */
  files: Record<string, string>;
}

const object = (kind: string, name: string, replicas: number) =>
  `kind: ${kind}\nmetadata:\n  name: ${name}\nspec:\n  replicas: ${replicas}\n`;

function firstFiles({ service, deployment }: ObjectsConfig): Record<string, string> {
  return {
    "README.md": "# Deployment\n",
    Makefile: ".PHONY: deploy\ndeploy:\n\tansible-playbook -vv -c local -i localhost, playbooks/deploy.yml\n",
    "playbooks/deploy.yml": "- name: Deployment\n  hosts: all\n",
    "roles/deploy/tasks/main.yml": "- name: Deploy\n",
    "openshift/packit-service.yml.j2": object("Deployment", "packit-service", 1),
    "openshift/packit-worker.yml.j2": object("StatefulSet", "packit-worker", 2),
    [`vars/${service}/${deployment}_template.yml`]: [
      "---",
      `project: ${service}-${deployment}`,
      "host: https://api.production.example.com:6443",
      'api_key: ""',
      "with_dashboard: true",
      "",
    ].join("\n"),
  };
}

/** The repository on its first day, with one commit. */
export async function buildDeployment(backend: Backend, config: Config, date: string): Promise<void> {
  const { objects, github, people } = config;
  if (!objects) return;
  const repository = `${github.owner}/${objects.repository}`;
  const sha = await commit(backend, repository, {
    message: "Deploy everything",
    author: people[0]?.github ?? "somebody",
    date,
    files: firstFiles(objects),
  });
  await backend.change("POST", `/repos/${repository}/git/refs`, {
    ref: `refs/heads/${objects.branch}`,
    sha,
  });
}

/** A person pushes a commit to a branch. Only inside `exclusively`. @returns its sha. */
export async function pushCommit(
  backend: Backend,
  repository: string,
  branch: string,
  change: DeploymentCommit,
): Promise<string> {
  const head = backend.mirror.refs(repository).get(`refs/heads/${branch}`);
  const sha = await commit(backend, repository, change, head);
  await backend.change("PATCH", `/repos/${repository}/git/refs/heads/${branch}`, { sha });
  return sha;
}

const created = z.object({ sha: z.string() });

async function commit(
  backend: Backend,
  repository: string,
  { message, author: login, date, files }: DeploymentCommit,
  parent?: string,
): Promise<string> {
  const base = parent ? (await commitAt(backend, repository, parent)).tree.sha : undefined;
  const tree = await backend.change("POST", `/repos/${repository}/git/trees`, {
    ...(base ? { base_tree: base } : {}),
    tree: Object.entries(files).map(([path, content]) => ({ path, mode: "100644", type: "blob", content })),
  });
  const person = { name: login, email: `${login}@users.noreply.github.com`, date };
  const made = await backend.change("POST", `/repos/${repository}/git/commits`, {
    message,
    tree: created.parse(tree).sha,
    parents: parent ? [parent] : [],
    author: person,
    committer: person,
  });
  return created.parse(made).sha;
}

const identity = z.object({ name: z.string(), email: z.string(), date: z.string() });
const commitShape = z.object({
  message: z.string(),
  author: identity,
  committer: identity,
  tree: z.object({ sha: z.string() }),
  parents: z.array(z.object({ sha: z.string() })),
});
const treeShape = z.object({
  tree: z.array(z.object({ path: z.string(), mode: z.string(), type: z.string(), sha: z.string() })),
});
const blobShape = z.object({ content: z.string(), encoding: z.string() });

async function commitAt(backend: Backend, repository: string, sha: string) {
  return commitShape.parse(await backend.read(`/repos/${repository}/git/commits/${sha}`));
}

/**
 * The branch's history as `git fast-import` takes it, whose commits get the very shas that they have here. For a small
 * repository without merges.
 */
export async function fastImport(backend: Backend, repository: string, branch: string): Promise<string> {
  const commits: z.output<typeof commitShape>[] = [];
  const head = backend.mirror.refs(repository).get(`refs/heads/${branch}`);
  for (let sha = head; sha !== undefined; sha = commits[0]?.parents[0]?.sha) {
    commits.unshift(await commitAt(backend, repository, sha));
  }
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const person = ({ name, email, date }: z.output<typeof identity>) =>
    `${name} <${email}> ${Math.floor(Date.parse(date) / 1000)} +0000`;
  const parts: string[] = [];
  for (const { author, committer, message, tree } of commits) {
    const files = treeShape.parse(
      await backend.read(`/repos/${repository}/git/trees/${tree.sha}?recursive=1`),
    );
    parts.push(`commit refs/heads/${branch}\nauthor ${person(author)}\ncommitter ${person(committer)}\n`);
    parts.push(data(message.endsWith("\n") ? message : `${message}\n`), "deleteall\n");
    for (const { path, mode, type, sha } of files.tree) {
      if (type !== "blob") continue;
      const { content, encoding } = blobShape.parse(
        await backend.read(`/repos/${repository}/git/blobs/${sha}`),
      );
      const text = encoding === "base64" ? Buffer.from(content, "base64").toString("utf8") : content;
      parts.push(`M ${mode} inline ${path}\n${data(text)}`);
    }
  }
  return parts.join("");
}
