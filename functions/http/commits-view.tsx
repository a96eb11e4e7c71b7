import type { PlannedRepository, PromotionPlan } from "../domain/promotion-plan.ts";
import { dayOf } from "../domain/times.ts";
import { count } from "../domain/words.ts";
import { commitUrl, compareUrl, pullRequestUrl, short } from "./github-links.ts";

/** Titles and names are written by strangers: escaped, and kept from turning the line around them (`bdi`). */

export function CommitLink({ repository, sha }: { repository: string; sha: string }) {
  return (
    <a href={commitUrl(repository, sha)}>
      <code>{short(sha)}</code>
    </a>
  );
}

/** What a repository would bring, newest first. */
export function Commits({ repository, zone }: { repository: PlannedRepository; zone: string }) {
  const { name, action, from, main, commits, authors } = repository;
  const coming = action === "move";
  return (
    <details>
      <summary>
        {count(commits.length, "commit")} of {name} {coming ? "" : "not deployed "}by{" "}
        {count(authors.length, "person", "people")}
      </summary>
      {coming ? null : (
        <p>
          <a href={compareUrl(name, from, main)}>
            <code>{short(from)}</code> → <code>{short(main)}</code>
          </a>
        </p>
      )}
      <ul class="commits">
        {commits.map((commit) => (
          <li>
            <bdi>{commit.title}</bdi>
            <small>
              <CommitLink repository={name} sha={commit.sha} />
              {commit.pullRequest === null ? null : (
                <>
                  {" · "}
                  <a href={pullRequestUrl(name, commit.pullRequest)}>#{commit.pullRequest}</a>
                </>
              )}
              {" · "}
              <bdi>{commit.author}</bdi>
              {` · ${dayOf(commit.date, zone)}`}
            </small>
          </li>
        ))}
      </ul>
    </details>
  );
}

interface DivergenceProps {
  repository: PlannedRepository;
  branches: PromotionPlan["branches"];
}

/** The commits that a forced move overwrites. */
export function Divergence({ repository, branches }: DivergenceProps) {
  const { name, ownCommits, force } = repository;
  const lost = ownCommits.filter((each) => !each.containedInMain).length;
  const one = ownCommits.length === 1;
  const contained = one ? "contained in it as another one" : "all contained in it as other ones";
  const onlyThere = one ? "and that is nowhere else" : `${lost} of them nowhere else`;
  const them = one ? "it" : "them";
  return (
    <div class="note warning">
      ⚠️ Diverged: {branches.stable} has {count(ownCommits.length, "commit")} that {branches.main} lacks,{" "}
      {lost === 0 ? contained : onlyThere}.{" "}
      {force ? `Moving ${name} overwrites ${them}.` : `${name} moves only if you allow to overwrite ${them}.`}
      <ul>
        {ownCommits.map((commit) => (
          <li>
            <CommitLink repository={name} sha={commit.sha} /> <bdi>{commit.title}</bdi> (
            <bdi>{commit.author}</bdi>):{" "}
            {commit.containedInMain ? (
              `contained in ${branches.main}`
            ) : (
              <strong>not in {branches.main}, would be lost</strong>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
