/**
 * What the emulated repositories hold, kept beside the emulator from the answers to its write requests, so that it can
 * be looked up at once: heads of branches, messages, ancestry.
 */
export interface Mirror {
  /** Learns from a successful write request; returns the refs that it moved. */
  learn(write: { method: string; path: string; answer: unknown }): RefChange[];
  /** Takes over refs that were read: what is not among them is gone. */
  setRefs(repository: string, refs: { ref: string; sha: string }[]): RefChange[];
  addCommit(repository: string, commit: MirroredCommit): void;
  refs(repository: string): ReadonlyMap<string, string>;
  commit(repository: string, sha: string): MirroredCommit | null;
  /** Whether `ancestor` is `of` or one of its ancestors. */
  isAncestor(repository: string, ancestor: string, of: string): boolean;
  /** Commits that `to` has and `from` lacks, parents after their children. */
  between(repository: string, from: string, to: string): MirroredCommit[];
}

export interface MirroredCommit {
  sha: string;
  tree: string;
  message: string;
  parents: string[];
  author: { name: string; email: string; date: string };
}

/** `before` null: the ref is new; `after` null: it is gone. */
export interface RefChange {
  /** `owner/name`. */
  repository: string;
  ref: string;
  before: string | null;
  after: string | null;
}

interface GitCommitAnswer {
  sha: string;
  tree: { sha: string };
  message: string;
  parents: { sha: string }[];
  author: { name: string; email: string; date: string };
}

export function createMirror(): Mirror {
  const repositories = new Map<string, { refs: Map<string, string>; commits: Map<string, MirroredCommit> }>();
  const of = (repository: string) => {
    const known = repositories.get(repository);
    if (known) return known;
    const made = { refs: new Map<string, string>(), commits: new Map<string, MirroredCommit>() };
    repositories.set(repository, made);
    return made;
  };

  function moveRef(repository: string, ref: string, after: string | null): RefChange[] {
    const { refs } = of(repository);
    const before = refs.get(ref) ?? null;
    if (after === null) refs.delete(ref);
    else refs.set(ref, after);
    return before === after ? [] : [{ repository, ref, before, after }];
  }

  function ancestors(repository: string, sha: string): Set<string> {
    const { commits } = of(repository);
    const seen = new Set<string>();
    const open = [sha];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(commits.get(next)?.parents ?? []));
    }
    return seen;
  }

  return {
    learn({ method, path, answer }) {
      const [, repository, what, rest] =
        /^\/repos\/([^/]+\/[^/]+)\/git\/(refs|commits)\/?([^?]*)/.exec(path) ?? [];
      if (!repository) return [];
      if (what === "commits" && method === "POST") {
        this.addCommit(repository, mirroredCommit(answer));
        return [];
      }
      if (what !== "refs") return [];
      if (method === "DELETE") return moveRef(repository, `refs/${decodeURIComponent(rest ?? "")}`, null);
      const { ref, object } = answer as { ref: string; object: { sha: string } };
      return moveRef(repository, ref, object.sha);
    },
    setRefs(repository, now) {
      const found = new Map(now.map(({ ref, sha }) => [ref, sha]));
      const known = [...of(repository).refs.keys()];
      return [...new Set([...known, ...found.keys()])].flatMap((ref) =>
        moveRef(repository, ref, found.get(ref) ?? null),
      );
    },
    addCommit: (repository, commit) => of(repository).commits.set(commit.sha, commit),
    refs: (repository) => of(repository).refs,
    commit: (repository, sha) => of(repository).commits.get(sha) ?? null,
    isAncestor: (repository, ancestor, descendant) => ancestors(repository, descendant).has(ancestor),
    between(repository, from, to) {
      const { commits } = of(repository);
      const had = ancestors(repository, from);
      return [...ancestors(repository, to)].flatMap((sha) => {
        const commit = commits.get(sha);
        return commit && !had.has(sha) ? [commit] : [];
      });
    },
  };
}

export function mirroredCommit(answer: unknown): MirroredCommit {
  const { sha, tree, message, parents, author } = answer as GitCommitAnswer;
  return { sha, tree: tree.sha, message, parents: parents.map((parent) => parent.sha), author };
}
