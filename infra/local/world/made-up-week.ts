import type { Config } from "../../../functions/runtime/config.ts";
import {
  baseMessage,
  evenRepository,
  madeUpSha,
  type SeedCommit,
  type SeedRepository,
  type WorldSeed,
} from "./seed.ts";

/** A plausible week for a rehearsal without data: even repositories, merges, a database migration, release notes. */

interface MadeUpCommit {
  message: string;
  files?: Record<string, string>;
  /** The commit before it is the only one of a branch that this one merges. */
  merges?: boolean;
}

const even: MadeUpCommit[] = [];

const note = (text: string) => `\n\nRELEASE NOTES BEGIN\n\n${text}\n\nRELEASE NOTES END`;

const week: Record<string, MadeUpCommit[]> = {
  ogr: even,
  specfile: even,
  sandcastle: even,
  "packit-service-fedmsg": even,
  packit: [
    { message: "Keep file modes when syncing files" },
    {
      message:
        "Keep file modes when syncing files (#3021)\n\nScripts that were executable upstream lost their mode in dist-git." +
        note("Packit now keeps the modes of files when it syncs them to dist-git."),
      merges: true,
    },
  ],
  dashboard: [
    {
      message: `Show the time zone next to every time (#811)${note("Times on the dashboard now carry their zone.")}`,
    },
    {
      message: "Run the linter on pull requests (#812)",
      files: { ".github/workflows/lint.yml": "name: Lint\non: [pull_request]\n" },
    },
    { message: "Bump the development dependencies (#813)" },
  ],
  "packit-service": [
    {
      message:
        "Remember who triggered a job (#2910)\n\nA new column; nothing is migrated back." +
        note("The service now records which user triggered a job by a comment."),
      files: {
        "alembic/versions/5c1f2a9e7b3d_add_triggered_by.py": [
          '"""Add triggered_by to pipelines"""',
          'revision = "5c1f2a9e7b3d"',
          "",
          "",
          "def upgrade():",
          "    pass",
          "",
        ].join("\n"),
        "packit_service/triggers.py": "TRIGGERED_BY = True\n",
      },
    },
    { message: "Answer faster when a comment holds no command (#2911)" },
    { message: "Retry when the build system is briefly away" },
    {
      message:
        "Merge pull request #2912 from ada-packit/retry-builds\n\nRetry when the build system is briefly away" +
        note("Builds are submitted again when the build system could not be reached."),
      merges: true,
    },
  ],
};

const hour = 3_600_000;
const lastDeployment = 7 * 24 * hour;

/** @param now the week ends an hour before it. */
export function madeUpWeek(config: Config, now: Date = new Date()): WorldSeed {
  const end = Math.floor(now.getTime() / hour) * hour;
  const people = config.people.map((each) => each.github);
  const repositories = config.repositories.map((each) => {
    const commits = each.moved ? (week[each.name] ?? anyWeek(each.name)) : even;
    return seedRepository(each.name, commits, end, people);
  });
  return { repositories, notes: ["The whole week is made up: commits, authors, trees and files."] };
}

function anyWeek(name: string): MadeUpCommit[] {
  return [{ message: `Improve the documentation of ${name} (#7)` }];
}

function seedRepository(
  name: string,
  commits: MadeUpCommit[],
  end: number,
  people: string[],
): SeedRepository {
  const baseDate = new Date(end - lastDeployment).toISOString();
  const baseSha = madeUpSha(name, "base");
  if (commits.length === 0) return evenRepository(name, baseSha, baseDate);
  const base: SeedCommit = { sha: baseSha, date: baseDate, message: baseMessage, parents: [], author: null };
  const pause = (lastDeployment - hour) / commits.length;
  let main = baseSha;
  const ahead = commits.map(({ message, files, merges }, index): SeedCommit => {
    const previous = madeUpSha(name, String(index - 1));
    const sha = madeUpSha(name, String(index));
    // A commit that the next one merges stands beside the main line, not on it.
    const parents = merges ? [main, previous] : [main];
    if (!commits[index + 1]?.merges) main = sha;
    return {
      sha,
      message,
      date: new Date(Date.parse(baseDate) + Math.round(pause * (index + 1))).toISOString(),
      parents,
      author: people[index % people.length] ?? null,
      ...(files ? { files } : {}),
    };
  });
  return { name, base, ahead, behind: [], main, stable: baseSha };
}
