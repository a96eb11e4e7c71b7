import { readFileSync } from "node:fs";
import type { Period } from "../functions/domain/blog-post-period.ts";
import { instantsOf, localDate } from "../functions/domain/local-time.ts";
import { count } from "../functions/domain/words.ts";
import { draft } from "../functions/post-draft.ts";
import { type Config, parseConfig } from "../functions/runtime/config.ts";
import { BadConfiguration, messageOf, StablehandError } from "../functions/runtime/errors.ts";
import { configs, deployed } from "./config/index.ts";
import { BadCommand } from "./local/bad-command.ts";
import { readPostData, toldBy } from "./post-data.ts";
import { changesOnGitHub } from "./post-github.ts";
import { help, type PostOptions, readPostOptions } from "./post-options.ts";

export interface Terminal {
  out(text: string): void;
  error(text: string): void;
}

const exit = { done: 0, notDone: 1, badInput: 2 };

/**
 * `npm run post`: drafts the post of some days from GitHub or from a file.
 *
 * @param now ISO 8601.
 * @returns the exit code.
 */
export async function postCommand(
  argv: readonly string[],
  terminal: Terminal,
  now = new Date().toISOString(),
): Promise<number> {
  try {
    const options = readPostOptions(argv, localDate(now, configs[deployed].schedule.timeZone));
    if (options) await printDraft(options, terminal, now);
    else terminal.out(help);
    return exit.done;
  } catch (thrown) {
    if (!(thrown instanceof BadCommand) && !(thrown instanceof StablehandError)) throw thrown;
    terminal.error(`${thrown.message}\n`);
    return thrown instanceof BadCommand || thrown instanceof BadConfiguration ? exit.badInput : exit.notDone;
  }
}

async function printDraft(options: PostOptions, terminal: Terminal, now: string): Promise<void> {
  const config = readConfig(options.config);
  const period = { since: options.since, till: options.till };
  const { since, until } = instants(period, config.schedule.timeZone, now);
  const { changes, told } = options.data
    ? fromFile(options.data, config, period)
    : { changes: await changesOnGitHub(config, { since, until }), told: new Set<string>() };
  const isTold = new Set(config.repositories.filter(({ blog }) => blog).map(({ name }) => name));
  const own = changes.filter(
    ({ repo, mergedAt }) =>
      isTold.has(repo) &&
      Date.parse(mergedAt) >= Date.parse(since) &&
      Date.parse(mergedAt) <= Date.parse(until),
  );
  const { post, description } = draft(own, told, period, { config, author: options.author, now: until });
  const looked = `${count(own.length, "change")} merged from ${period.since} to ${period.till}`;
  if (post) {
    terminal.error(
      `${post.path}: drafted from ${looked}${options.author ? "" : " (no author: --author KEY)"}\n`,
    );
    terminal.out(post.content);
  } else terminal.error(`No news in ${looked}, so there is no post.\n`);
  if (options.candidates) terminal.out(post ? `\n${description}` : description);
}

function fromFile(path: string, config: Config, { since }: Period) {
  const { changes, posts } = readPostData(path, config.github);
  return { changes, told: new Set(posts.filter((post) => post.till <= since).flatMap(toldBy)) };
}

/** From the first moment of the first day to the last of the last one, or to now. */
function instants({ since, till }: Period, timeZone: string, now: string) {
  const dayAfter = new Date(Date.parse(till) + 86_400_000).toISOString().slice(0, 10);
  const until = Date.parse(midnight(dayAfter, timeZone)) - 1;
  return {
    since: midnight(since, timeZone),
    until: new Date(Math.min(until, Date.parse(now))).toISOString(),
  };
}

/** A zone may skip midnight when summer time begins; the day then begins an hour later. */
function midnight(date: string, timeZone: string): string {
  return (
    instantsOf(`${date}T00:00`, timeZone)[0] ?? instantsOf(`${date}T01:00`, timeZone)[0] ?? `${date}T00:00Z`
  );
}

function readConfig(path: string | null): Config {
  if (path === null) return parseConfig(configs[deployed]);
  try {
    return parseConfig(JSON.parse(readFileSync(path, "utf8")));
  } catch (thrown) {
    if (thrown instanceof BadConfiguration) throw thrown;
    throw new BadCommand(`${path} cannot be read: ${messageOf(thrown)}.`);
  }
}
