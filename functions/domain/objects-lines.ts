import { type ObjectsPlan, offersObjects, stateOfObjects } from "./objects-plan.ts";
import { type GitHubPlace, repositoryUrl } from "./plan-lines.ts";
import { code, escapeWithin, link, oneLine } from "./slack-text.ts";
import { count, list } from "./words.ts";

/** What the lines of the approval's message say of Kubernetes objects and vault, in mrkdwn; all text is escaped. */

const shown = { commits: 5, vault: 8 };

/** None where nothing is new. */
export function objectsLines(plan: ObjectsPlan | null, github: GitHubPlace): string[] {
  if (!offersObjects(plan)) return [];
  const pinned = plan.pinned.map((stream) => code(stream.slice(0, 100))).join(", ");
  return [
    head(plan, github),
    ...commitLines(plan, github),
    ...vaultLines(plan),
    ...(pinned ? [`⚠️ Pinned: ${pinned}. Applying would unpin, so it is refused until that is done.`] : []),
  ];
}

function head(plan: ObjectsPlan, github: GitHubPlace): string {
  const { repository, commit, applied, compared, files, authors } = plan;
  const name = code(oneLine(repository).slice(0, 100));
  if (!applied) {
    return `*Kubernetes objects:* nothing is known of what was applied before; ${name} is at ${code(commit.slice(0, 7))}.`;
  }
  const url = `${repositoryUrl({ name: repository }, github)}/compare/${encodeURIComponent(applied.commit)}...${encodeURIComponent(commit)}`;
  const way = link(url, `${applied.commit.slice(0, 7)} → ${commit.slice(0, 7)}`);
  if (!compared)
    return `*Kubernetes objects:* GitHub no longer has the commit that was applied last (${way}).`;
  const words = stateOfObjects(plan) === "changed" ? "changed since the last apply" : "not known for sure";
  const ask = authors.length > 0 ? ` Ask ${escapeWithin(list(authors.map(oneLine)), 300)}.` : "";
  return `*Kubernetes objects:* ${words} · ${name} ${way} · ${count(files.length, "file")}.${ask}`;
}

function commitLines({ repository, commits }: ObjectsPlan, github: GitHubPlace): string[] {
  const lines = commits.slice(0, shown.commits).map(({ sha, title, author }) => {
    const url = `${repositoryUrl({ name: repository }, github)}/commit/${encodeURIComponent(sha)}`;
    return `   • ${link(url, sha.slice(0, 7))} ${escapeWithin(oneLine(title), 120)} (${escapeWithin(oneLine(author), 60)})`;
  });
  return [...lines, ...left(commits.length - lines.length)];
}

function vaultLines({ vault, readsVault }: ObjectsPlan): string[] {
  if (!readsVault) return [];
  if (!vault) return ["⚠️ *Vault:* its changelog was not read."];
  switch (vault.since) {
    case "same":
      return ["*Vault:* nothing new in its changelog."];
    case "first":
      return [`*Vault:* its changelog has ${count(vault.lines, "line")}; which are new is unknown.`];
    case "rewritten":
      return ["⚠️ *Vault:* its changelog was rewritten: look into the vault."];
    case "added": {
      const lines = vault.added
        .slice(0, shown.vault)
        .map((line) => `   • ${escapeWithin(oneLine(line), 200)}`);
      const rest = vault.added.length - lines.length + vault.more;
      return ["*Vault:* new in its changelog:", ...lines, ...left(rest)];
    }
  }
}

function left(number: number): string[] {
  return number > 0 ? [`   … and ${number} more`] : [];
}
