import {
  type ObjectsPlan,
  type ObjectsState,
  offersObjects,
  stateOfObjects,
} from "../domain/objects-plan.ts";
import { timeOf } from "../domain/times.ts";
import { count, list } from "../domain/words.ts";
import { config } from "../runtime/config.ts";
import { CommitLink } from "./commits-view.tsx";
import { compareUrl, short } from "./github-links.ts";

const pills: Record<ObjectsState, { kind: string; words: string }> = {
  unchanged: { kind: "ok", words: "Unchanged" },
  changed: { kind: "warning", words: "Changed" },
  unknown: { kind: "unknown", words: "Unknown" },
};

interface ObjectsProps {
  /** Null: they were not looked at. */
  objects: ObjectsPlan | null;
  zone: string;
  now: Date;
  /** The value that the person has chosen so far; null: nothing can be chosen any more. */
  chosen: { objects: string } | null;
}

/** What `make deploy` would bring to production, whom to ask, and whether to apply it. */
export function ObjectsView({ objects, zone, now, chosen }: ObjectsProps) {
  if (!config().objects) return null;
  if (!objects) {
    return (
      <section aria-labelledby="objects">
        <h2 id="objects">Kubernetes objects</h2>
        <div class="card">Not looked at, so they stay as they are.</div>
      </section>
    );
  }
  const { kind, words } = pills[stateOfObjects(objects)];
  return (
    <section aria-labelledby="objects">
      <h2 id="objects">Kubernetes objects</h2>
      <div class="card">
        <p>
          <span class={`pill ${kind}`}>{words}</span> <Since objects={objects} zone={zone} now={now} />
        </p>
        {objects.pinned.length > 0 ? (
          <p class="note warning">
            ⚠️ Pinned: {list(objects.pinned)}. Applying would unpin, so it is refused until that is done.
          </p>
        ) : null}
        {objects.commits.length > 0 ? <ObjectsCommits objects={objects} /> : null}
        {objects.files.length > 0 ? <Files files={objects.files} /> : null}
        <Vault objects={objects} />
        {chosen && offersObjects(objects) ? <Choice chosen={chosen.objects} /> : null}
      </div>
    </section>
  );
}

function Since({ objects, zone, now }: Omit<ObjectsProps, "chosen" | "objects"> & { objects: ObjectsPlan }) {
  const { repository, branch, commit, applied, compared } = objects;
  if (!applied) {
    return (
      <span>
        Nothing is known of what was applied before. {branch} of {repository} is at{" "}
        <CommitLink repository={repository} sha={commit} />.
      </span>
    );
  }
  return (
    <span>
      Last applied {timeOf(applied.at, zone, now.toISOString())} by {applied.run}:{" "}
      <a href={compareUrl(repository, applied.commit, commit)}>
        <code>{short(applied.commit)}</code> → <code>{short(commit)}</code>
      </a>
      {compared ? "." : ". GitHub no longer has that commit, so nothing can be compared."}
    </span>
  );
}

function ObjectsCommits({ objects }: { objects: ObjectsPlan }) {
  const { repository, commits, authors } = objects;
  return (
    <>
      <p>
        {count(commits.length, "commit")}; ask <bdi>{list(authors)}</bdi>.
      </p>
      <ul class="commits">
        {commits.map((commit) => (
          <li>
            <bdi>{commit.title}</bdi>
            <small>
              <CommitLink repository={repository} sha={commit.sha} /> · <bdi>{commit.author}</bdi>
            </small>
          </li>
        ))}
      </ul>
    </>
  );
}

function Files({ files }: { files: ObjectsPlan["files"] }) {
  return (
    <details>
      <summary>{count(files.length, "file")} changed</summary>
      <ul>
        {files.map(({ path, status }) => (
          <li>
            <code>{path}</code> <span class="soft">{status}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Vault({ objects: { vault, readsVault } }: { objects: ObjectsPlan }) {
  if (!readsVault) return null;
  if (!vault) return <p class="note warning">⚠️ The vault's changelog was not read.</p>;
  switch (vault.since) {
    case "first":
      return (
        <p class="soft">The vault's changelog has {count(vault.lines, "line")}; which are new is unknown.</p>
      );
    case "same":
      return <p class="soft">The vault's changelog has nothing new.</p>;
    case "rewritten":
      return <p class="note warning">⚠️ The vault's changelog was rewritten: look into the vault.</p>;
    case "added":
      return (
        <>
          <p>New in the vault's changelog:</p>
          <ul>
            {vault.added.map((line) => (
              <li>
                <bdi>{line}</bdi>
              </li>
            ))}
            {vault.more > 0 ? <li>… and {vault.more} more</li> : null}
          </ul>
        </>
      );
  }
}

/** What is not the default carries the class `other`, as every choice that changes what is approved. */
function Choice({ chosen }: { chosen: string }) {
  const byDefault = config().objects?.applyByDefault ? "apply" : "leave";
  const value = chosen || byDefault;
  const classOf = (each: string) => (each === byDefault ? undefined : "other");
  return (
    <fieldset>
      <legend>With an approval</legend>
      <label class="box">
        <input
          type="radio"
          class={classOf("leave")}
          name="objects"
          value="leave"
          checked={value === "leave"}
        />
        <span>Leave the objects as they are</span>
      </label>
      <label class="box">
        <input
          type="radio"
          class={classOf("apply")}
          name="objects"
          value="apply"
          checked={value === "apply"}
        />
        <span>Apply them: run make deploy before the images are imported</span>
      </label>
    </fieldset>
  );
}
