import type { StepQuestion } from "../domain/question.ts";
import { questions } from "../store/questions.ts";
import { runs } from "../store/runs.ts";

/** Questions about a step are numbered. A number is used up once its answer was read. */

const id = (step: string, repository: string | null, number: number) =>
  `${step}${repository ? `/${repository}` : ""}-${number}`;
const readKey = (question: string) => `question-read/${question}`;

/** The first number whose answer was not read yet. */
export async function nextQuestionId(run: string, step: string, repository: string | null): Promise<string> {
  for (let number = 1; ; number++) {
    const question = id(step, repository, number);
    if ((await runs().recall(run, readKey(question))) === null) return question;
  }
}

/** The newest question of a step that was asked: the one that is open, or whose answer was just read. */
export async function newestQuestion(
  run: string,
  step: string,
  repository: string | null,
): Promise<StepQuestion | null> {
  let newest: StepQuestion | null = null;
  for (let number = 1; ; number++) {
    const question = await questions().question(run, id(step, repository, number));
    if (!question) return newest;
    newest = question;
  }
}

export async function markRead(run: string, question: string): Promise<void> {
  await runs().remember(run, readKey(question), true);
}
