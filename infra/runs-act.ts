import { type ControlAction, refusalText } from "../functions/domain/control-messages.ts";
import type { StepDecision, StepQuestion } from "../functions/domain/question.ts";
import { answerInWords } from "../functions/domain/step-words.ts";
import { timeOf } from "../functions/domain/times.ts";
import { approvers, personOf, runFacts } from "../functions/facts.ts";
import { answerQuestion, controlRun, stepStanding, tellAgain } from "../functions/requests.ts";
import { config, type Person } from "../functions/runtime/config.ts";
import { questions } from "../functions/store/questions.ts";
import { runs } from "../functions/store/runs.ts";
import { tellControl } from "../functions/tell-control.ts";
import { BadCommand } from "./local/bad-command.ts";
import type { Command } from "./runs-options.ts";

/** What a command did, for a person and for a program. */
export interface Done {
  done: boolean;
  run: string;
  text: string;
}

/** @throws BadCommand when it is nobody of the configuration, or nobody was named. */
export function whoActs(login: string | null, local: boolean): Person {
  const { people } = config();
  const logins = people.map((each) => each.github).join(", ");
  if (login === null) {
    const [first] = approvers();
    if (local && first) return first;
    throw new BadCommand(`Say who you are, since it is recorded: --as LOGIN, one of ${logins}.`);
  }
  const person = people.find((each) => each.github.toLowerCase() === login.toLowerCase());
  if (!person) throw new BadCommand(`${login} is not in the configuration: --as takes one of ${logins}.`);
  return person;
}

const words: Record<Exclude<ControlAction, "veto">, string> = {
  pause: "paused it: it stops before its next change until somebody resumes it.",
  resume: "resumed it: it goes on where it stands.",
  stop: "stopped it: nothing more is started, the topics are put back.",
};

/** @throws BadCommand when there is no such run. */
export async function control(
  action: Exclude<ControlAction, "veto">,
  run: string,
  { person, comment }: { person: Person; comment: string | null },
): Promise<Done> {
  const outcome = await controlRun({ run, action, person, via: "terminal", comment });
  if (outcome.done) {
    const told = await tellControl(action, outcome, comment);
    const slack = told ? "" : " Slack could not be told now: the run tells it later.";
    return { done: true, run, text: `${run}: ${person.name} ${words[action]}${slack}` };
  }
  const { why, by, at } = outcome;
  if (why === "unknown") throw unknownRun(run);
  const facts = { ...runFacts(run), approvers: approvers().map((each) => each.name) };
  const text = refusalText({ why, action, by: by === null ? null : personOf(by), at }, facts);
  return { done: false, run, text };
}

/** @throws BadCommand when there is no such run or question, or the answer is not offered. */
export async function answer(
  run: string,
  { question, answer: given, reason }: Pick<Command & { name: "answer" }, "question" | "answer" | "reason">,
  person: Person,
): Promise<Done> {
  if (!person.approver) {
    const names = approvers().map((each) => each.name);
    return { done: false, run, text: `Only approvers can answer: ${names.join(", ")}. Nothing was done.` };
  }
  const stands = await stepStanding(run, question);
  switch (stands.is) {
    case "unknown":
      throw await unknownQuestion(run, question);
    case "over":
      return { done: false, run, text: `${question} of ${run} is not asked any more, so nothing was done.` };
    case "answered":
      await tellAgain(run, stands.decision);
      return { done: false, run, text: alreadyAnswered(stands.question, stands.decision) };
    case "open": {
      const offered = stands.question.answers.map((each) => each.answer);
      if (!offered.includes(given)) {
        throw new BadCommand(`${question} does not offer ${given}: it takes ${offered.join(" or ")}.`);
      }
      const said = { answer: given, by: person.github, via: "terminal", comment: reason } as const;
      const { won, decision } = await answerQuestion(run, stands.question, said);
      if (!won) return { done: false, run, text: alreadyAnswered(stands.question, decision) };
      const does = stands.question.answers.find((each) => each.answer === given)?.does ?? "";
      const label = answerInWords(stands.question, given);
      return { done: true, run, text: `${question}: ${person.name} answered “${label}”: ${does}.` };
    }
  }
}

function alreadyAnswered(question: StepQuestion, decision: StepDecision): string {
  const at = timeOf(decision.at, config().schedule.timeZone, new Date().toISOString());
  const label = answerInWords(question, decision.answer);
  return `${question.id}: ${personOf(decision.by).name} already answered “${label}” at ${at}. Nothing was changed.`;
}

async function unknownQuestion(run: string, question: string): Promise<BadCommand> {
  if (!(await runs().get(run))) return unknownRun(run);
  const all = await questions().all(run);
  const open: string[] = [];
  for (const each of all) if (!(await questions().answerTo(run, each.id))) open.push(each.id);
  const asks = open.length > 0 ? `it asks ${open.join(", ")}` : "it asks nothing now";
  return new BadCommand(`${run} has no question ${question}: ${asks}.`);
}

function unknownRun(run: string): BadCommand {
  return new BadCommand(`There is no run ${run}. npm run runs -- list shows those that there are.`);
}
