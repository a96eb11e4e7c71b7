import { parseArgs } from "node:util";
import { messageOf } from "../functions/runtime/errors.ts";
import { BadCommand } from "./local/bad-command.ts";

export interface PostOptions {
  /** Days, both included. */
  since: string;
  till: string;
  /** File with commits instead of GitHub. */
  data: string | null;
  /** File with the configuration (JSON); null: the one in infra/config. */
  config: string | null;
  author: string | null;
  candidates: boolean;
}

export const help = `Drafts the post about what changed, without a deployment, and prints it.

Usage: npm run --silent post -- --since DAY [options]

  --since DAY    the first day that the post tells of, such as 2026-11-17
  --till DAY     the last one (default: today)
  --candidates   prints the description of its pull request after it: what a person might add, and the rules
  --author KEY   the author's key in the site's authors.yml; without it the post has no authors line
  --data FILE    takes the changes from a file instead of GitHub: {commits: {repository: [{sha, date, message, pr}]}}
                 what its posts of earlier periods told is not told again
  --config FILE  another configuration, as JSON (default: infra/config/packit.ts)
  --help         this text

GitHub is asked with the token in GITHUB_TOKEN (no rights are needed for public repositories), or as the App: AWS
credentials, AWS_REGION, and STABLEHAND_SECRETS with the prefix of the secrets, such as stablehand/.

The post goes to the standard output, everything else to the standard error output.
Exit codes: 0 drafted, or there is no news · 1 GitHub or AWS could not be asked · 2 bad input
`;

/**
 * @param today the default of --till.
 * @throws BadCommand with what is wrong and how it is written. Null: help was asked for.
 */
export function readPostOptions(argv: readonly string[], today: string): PostOptions | null {
  const values = parse(argv);
  if (values.help) return null;
  if (values.since === undefined) throw bad("It needs --since DAY, the first day that the post tells of");
  const since = readDay("--since", values.since);
  const till = readDay("--till", values.till ?? today);
  if (since > till) throw bad(`--since ${since} is after --till ${till}`);
  return {
    since,
    till,
    data: values.data ?? null,
    config: values.config ?? null,
    author: values.author?.trim() || null,
    candidates: values.candidates,
  };
}

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        since: { type: "string" },
        till: { type: "string" },
        data: { type: "string" },
        config: { type: "string" },
        author: { type: "string" },
        candidates: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (thrown) {
    throw bad(messageOf(thrown).split(/\.(\s|$)/, 1)[0] ?? "");
  }
}

function readDay(option: string, text: string): string {
  const instant = Date.parse(`${text}T00:00Z`);
  // A day past a month's end would be taken for one of the next month.
  if (/^\d{4}-\d\d-\d\d$/.test(text) && new Date(instant || 0).toISOString().startsWith(text)) return text;
  throw bad(`${option} takes a day such as 2026-11-23, not "${text}"`);
}

function bad(message: string): BadCommand {
  return new BadCommand(`${message}. See npm run post -- --help.`);
}
