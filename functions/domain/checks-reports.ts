import {
  type Evidence,
  type Finding,
  isUnreachable,
  type NewIssues,
  problem,
  type Reading,
  unreachable,
  type ValidationPull,
} from "./inspection-evidence.ts";
import { durationOf } from "./times.ts";
import { count } from "./words.ts";

/** The checks of what others report about the service: Sentry, and the nightly validation. */

const errorLevels = ["fatal", "error"];

/** Errors count towards the threshold; what Sentry calls a warning or less is never more than a warning here. */
export function inspectSentry(
  reading: Reading<NewIssues>,
  { takenAt, thresholds: { newErrors } }: Pick<Evidence, "takenAt" | "thresholds">,
): Finding {
  if (isUnreachable(reading)) return unreachable("sentry", "Sentry could not be asked", reading);
  const { issues, since, more } = reading;
  const errors = issues.filter((each) => errorLevels.includes(each.level)).length;
  const found = issues.map((issue) => {
    const failed = errorLevels.includes(issue.level) && errors >= newErrors;
    const text = `${issue.level}, ${count(issue.count, "time")}: ${issue.title}`;
    return problem(`sentry/${issue.id}`, failed ? "failed" : "warning", text, { link: issue.url });
  });
  const rest = more ? ["… and more: only the newest were read"] : [];
  const number = `${count(issues.length, "new unresolved issue")}${more ? " or more" : ""}`;
  const time = durationOf((Date.parse(takenAt) - Date.parse(since)) / 60_000);
  return {
    summary:
      issues.length === 0
        ? `No new unresolved issue in the last ${time}.`
        : `${number} (${count(errors, "error")}) in the last ${time}.`,
    evidence: [...found.map((each) => each.text), ...rest],
    problems: found,
  };
}

const hour = 60 * 60_000;
/** Conclusions of a check run that say that something is broken; `neutral` and `skipped` say nothing. */
const failing = ["failure", "timed_out", "action_required", "startup_failure"];

/** The newest round: what ran within the hours of one round before the newest run. */
export function inspectValidation(
  reading: Reading<readonly ValidationPull[]>,
  { takenAt, thresholds }: Pick<Evidence, "takenAt" | "thresholds">,
): Finding {
  if (isUnreachable(reading)) return unreachable("validation", "The validation could not be read", reading);
  const runs = reading.flatMap((pull) =>
    pull.checks.flatMap((check) =>
      check.at === null ? [] : [{ ...check, pull: pull.title, time: Date.parse(check.at) }],
    ),
  );
  const newest = runs.length === 0 ? Number.NaN : Math.max(...runs.map((each) => each.time));
  if (Number.isNaN(newest)) {
    const text = `no check ran on any of ${count(reading.length, "pull request")} of the validation`;
    return unreachable("validation", "Nothing is known of the validation", { unreachable: text });
  }
  const round = runs.filter((each) => each.time > newest - thresholds.validationHours * hour);
  const failures = round
    .filter((each) => failing.includes(each.conclusion ?? ""))
    .map((each) =>
      problem(
        `validation/${each.pull}/${each.name}`,
        "failed",
        `${each.pull}: ${each.name} ${each.conclusion}`,
        {
          link: each.url,
        },
      ),
    );
  const hours = Math.max(0, Math.floor((Date.parse(takenAt) - newest) / hour));
  const age = `the newest ran ${hours === 0 ? "less than an hour" : count(hours, "hour")} ago`;
  const old = Date.parse(takenAt) - newest > thresholds.validationHours * hour;
  const running = round.filter((each) => each.status !== "completed").length;
  const did =
    failures.length === 0
      ? `${count(round.length, "check")} ran without a failure`
      : `${failures.length} of ${count(round.length, "check")} failed`;
  return {
    summary: `${did}; ${age}.`,
    evidence: [
      ...failures.map((each) => each.text),
      ...(running > 0 ? [`${count(running, "check")} still under way`] : []),
      `${count(reading.length, "pull request")}, ${age}`,
    ],
    problems: [
      ...failures,
      ...(old
        ? [problem("validation/age", "warning", `nothing was validated for ${count(hours, "hour")}`)]
        : []),
    ],
  };
}
