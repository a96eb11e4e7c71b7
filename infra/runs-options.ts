import { parseArgs } from "node:util";
import { type StepAnswer, stepAnswers } from "../functions/domain/question.ts";
import { messageOf } from "../functions/runtime/errors.ts";
import { takeLocal } from "./environment.ts";
import { BadCommand } from "./local/bad-command.ts";

export type Command =
  | { name: "list" }
  /** `run` null: the one that is under way, else the newest. */
  | { name: "show"; run: string | null }
  /** `run` null: the one that is under way. */
  | { name: "pause" | "resume"; run: string | null }
  | { name: "stop"; run: string | null; reason: string | null }
  | { name: "answer"; run: string | null; question: string; answer: StepAnswer; reason: string | null };

export interface RunsOptions {
  command: Command;
  /** Folder of the rehearsal to look at; null: the environment says where the live table is. */
  local: string | null;
  /** GitHub login of who acts. */
  as: string | null;
  json: boolean;
}

export const help = `Shows deployments, and acts on the one that is under way.

Usage: npm run runs -- [command] [options]

  list                                      the newest runs (the default)
  show [RUN]                                how far a run is: repositories, what it waits for, what it asks
  pause [RUN]                               it stops before its next change until somebody resumes it
  resume [RUN]                              it goes on where it stands
  stop [RUN] [--reason TEXT]                nothing more is started, the topics are put back
  answer [RUN] QUESTION ANSWER [--reason TEXT]
                                            answers what a step asks: retry, skip, abort, rollback, workers, forward,
                                            publish; show tells what is offered

  --local [DIR]   the rehearsal that is under way in that folder (default .stablehand)
  --as LOGIN      GitHub login of who acts; needed on the live system, and recorded
  --json          prints JSON
  --help          this text

RUN is a name such as weekly-2026-11-23; without it, the run that is under way is meant.
Without --local the environment says where the live system is: AWS credentials and AWS_REGION, STABLEHAND_TABLE, and
to tell Slack of it, STABLEHAND_SECRETS and STABLEHAND_URL.

Exit codes: 0 done · 1 it could not be done (too late, not allowed, not reachable) · 2 bad input
`;

const commands = ["list", "show", "pause", "resume", "stop", "answer"];
const answers: readonly string[] = stepAnswers;

/** @throws BadCommand with what is wrong and how it is written. Null: help was asked for. */
export function readRunsOptions(argv: readonly string[]): RunsOptions | null {
  const { local, rest } = takeLocal(argv, commands);
  const { values, positionals } = parse(rest);
  if (values.help) return null;
  const command = readCommand(positionals, values.reason?.trim() || null);
  if (values.reason !== undefined && command.name !== "stop" && command.name !== "answer") {
    throw bad(`--reason goes with stop and answer, not with ${command.name}`);
  }
  if ((values.reason ?? "").length > 500) throw bad("The reason is longer than 500 characters");
  return { command, local, as: values.as ?? null, json: values.json };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        as: { type: "string" },
        reason: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (thrown) {
    throw bad(messageOf(thrown).split(/\.(\s|$)/, 1)[0] ?? "");
  }
}

function readCommand([name = "list", ...words]: string[], reason: string | null): Command {
  const [run = null, ...more] = words;
  switch (name) {
    case "list":
      if (words.length > 0) throw bad(`list takes nothing more, not "${words.join(" ")}"`);
      return { name };
    case "show":
    case "pause":
    case "resume":
    case "stop":
      if (more.length > 0) throw bad(`${name} takes one run, not "${words.join(" ")}"`);
      return name === "stop" ? { name, run, reason } : { name, run };
    case "answer": {
      const answer = words.at(-1);
      const question = words.at(-2);
      if (!question || words.length > 3) throw bad("answer takes a run, a question and an answer");
      if (!isAnswer(answer)) throw bad(`An answer is one of ${answers.join(", ")}, not "${answer}"`);
      return { name, run: words.length === 3 ? run : null, question, answer, reason };
    }
    default:
      throw bad(`There is no command "${name}"`);
  }
}

function isAnswer(text: string | undefined): text is StepAnswer {
  return text !== undefined && answers.includes(text);
}

function bad(what: string): BadCommand {
  return new BadCommand(`${what}. See npm run runs -- --help.`);
}
