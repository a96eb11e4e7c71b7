import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { selectionRules } from "../../functions/post-draft.ts";
import { parseConfig } from "../../functions/runtime/config.ts";
import { messageOf } from "../../functions/runtime/errors.ts";
import { packit } from "../../infra/config/packit.ts";
import { BadCommand } from "../../infra/local/bad-command.ts";
import { type PublishedPost, readPostData } from "../../infra/post-data.ts";
import { incumbent, type Prediction, predict, type Score, score } from "./blog-score.ts";

/**
 * Runs the draft of the weekly post over posts that people published, week by week, and scores what it tells and what it
 * offers beside the rule of the team's script. `npm run bench:blog -- FILE [--predictions FILE]`. By years and halves it
 * shows whether a rule fits only a part of the weeks.
 */
const usage = "Usage: npm run bench:blog -- FILE [--predictions FILE]";

function main(argv: string[]): number {
  try {
    const { file, predictionsFile } = readArguments(argv);
    const config = parseConfig(packit);
    const data = readPostData(file, config.github);
    if (data.posts.length === 0) throw new BadCommand(`${file} holds no posts to compare with.`);
    const predictions = predict(data, selectionRules(config));
    if (predictionsFile) writeFileSync(predictionsFile, JSON.stringify(asFile(predictions), null, 1));
    console.log(header);
    for (const [name, posts] of parts(data.posts)) {
      console.log(
        row(
          `script, ${name}`,
          score(posts, (post) => incumbent(data, post)),
        ),
      );
      console.log(
        row(
          `draft, ${name}`,
          score(posts, (post) => predictions.get(post.file) ?? nothing),
        ),
      );
    }
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof BadCommand)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    return 2;
  }
}

const nothing: Prediction = { drafted: [], candidates: [] };

function readArguments(argv: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { predictions: { type: "string" } },
    });
    const [file] = positionals;
    if (!file || positionals.length > 1) throw new BadCommand(`It takes one file. ${usage}`);
    return { file, predictionsFile: values.predictions };
  } catch (thrown) {
    throw thrown instanceof BadCommand ? thrown : new BadCommand(`${messageOf(thrown)} ${usage}`);
  }
}

/** All posts, those of each year, and every other one. */
function parts(posts: readonly PublishedPost[]): [string, PublishedPost[]][] {
  const years = Map.groupBy(posts, ({ writtenAt }) => writtenAt.slice(0, 4));
  return [
    ["all", [...posts]],
    ...(years.size > 1 ? years : []),
    ...(posts.length > 3
      ? ([
          ["odd", posts.filter((_, index) => index % 2 === 0)],
          ["even", posts.filter((_, index) => index % 2 === 1)],
        ] satisfies [string, PublishedPost[]][])
      : []),
  ];
}

/** As score-blog.mjs reads it: `{file: {drafted: [{repo, number}], candidates}}`. */
function asFile(predictions: Map<string, Prediction>) {
  const keys = (list: readonly string[]) =>
    list.map((key) => ({ repo: key.slice(0, key.lastIndexOf("#")), number: Number(key.split("#").at(-1)) }));
  return Object.fromEntries(
    [...predictions].map(([file, { drafted, candidates }]) => [
      file,
      { drafted: keys(drafted), candidates: keys(candidates) },
    ]),
  );
}

const header = `${"".padEnd(14)} precision  recall      F1   exact weeks   recall with candidates   candidates a week`;

function row(name: string, each: Score): string {
  return [
    name.padEnd(14),
    each.precision.toFixed(3).padStart(9),
    each.recall.toFixed(3).padStart(7),
    each.f1.toFixed(3).padStart(7),
    `${each.exact}/${each.posts}`.padStart(13),
    each.recallWithCandidates.toFixed(3).padStart(24),
    each.candidatesPerPost.toFixed(1).padStart(19),
  ].join(" ");
}

process.exitCode = main(process.argv.slice(2));
