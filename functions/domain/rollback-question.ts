import type { OfferedAnswer } from "./question.ts";
import type { RollbackPlan } from "./rollback.ts";

/** What can be done about a production that is not well: with a migration in the way, less. */
export function rollbackAnswers({
  migrations,
  workers,
  all,
}: {
  /** Repository → its migrations in the plan. */
  migrations: Readonly<Record<string, readonly string[]>>;
  workers: RollbackPlan;
  all: RollbackPlan;
}): { evidence: string[]; answers: OfferedAnswer[] } {
  const migrated = Object.entries(migrations);
  const namesOf = (plan: RollbackPlan) =>
    [...plan.streams.map((each) => each.stream), ...plan.tags.map((each) => each.image)].join(", ");
  const evidence = migrated.map(
    ([repository, files]) =>
      `${repository} brought a database migration (${files.map((path) => path.split("/").at(-1)).join(", ")}): ` +
      "an earlier image of the service does not start on the new schema.",
  );
  const rollback: OfferedAnswer = {
    answer: "rollback",
    label: "Roll back",
    does: `${namesOf(all)} go back to the images from before this run`,
  };
  const others: OfferedAnswer = {
    answer: "workers",
    label: `Roll back all but ${workers.kept.join(", ") || "the service"}`.slice(0, 75),
    does: `${namesOf(workers)} go back to the images from before this run; ${workers.kept.join(", ") || "the service"} stays`,
  };
  const canReturn = (plan: RollbackPlan) => plan.streams.length + plan.tags.length > 0;
  return {
    evidence,
    answers: [
      {
        answer: "retry",
        label: "Look again",
        does: "the rollout is waited for, and production inspected again",
      },
      ...(migrated.length === 0 && canReturn(all) ? [rollback] : []),
      ...(migrated.length > 0 && canReturn(workers) ? [others] : []),
      {
        answer: "forward",
        label: "Keep as is",
        does: "production keeps the new images, somebody fixes it forward; the run ends as failed",
      },
      {
        answer: "abort",
        label: "Abort",
        does: "nothing more is started, the topics are put back, production stays as it is",
      },
    ],
  };
}
