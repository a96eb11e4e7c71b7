import { durationOf } from "../domain/times.ts";
import { personOf } from "../facts.ts";
import { runPageAddress } from "../runtime/links.ts";
import { clockAt } from "./run-clock.ts";
import type { ListedRun } from "./run-now.ts";
import { endLook, kinds, statusWord } from "./run-words.ts";

interface RunListProps {
  listed: readonly ListedRun[];
  token: string;
  at: Date;
}

/** The newest runs. What is inside `main`. */
export function RunListView({ listed, token, at }: RunListProps) {
  const clock = clockAt(at);
  return (
    <section aria-labelledby="title">
      <h1 id="title">Runs</h1>
      <div class="card table">
        {listed.length === 0 ? <p>Nothing has been deployed yet.</p> : null}
        <table class="stack runs">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Outcome</th>
              <th scope="col">Started</th>
              <th scope="col">Took</th>
              <th scope="col">Approved by</th>
            </tr>
          </thead>
          <tbody>
            {listed.map(({ run, approvedBy }) => (
              <tr>
                <th scope="row">
                  <a href={runPageAddress(run.id, token)}>{run.id}</a>
                  {run.kind === "weekly" ? null : <span class="soft"> {kinds[run.kind]}</span>}
                </th>
                <td>
                  <span class={`pill ${run.status === "running" ? "action" : endLook(run.status)}`}>
                    {statusWord(run.status)}
                  </span>
                  {run.reason && run.reason !== "deployed" ? (
                    <small>
                      <bdi>{run.reason}</bdi>
                    </small>
                  ) : null}
                </td>
                <td data-of="Started">{clock.at(run.openedAt)}</td>
                <td data-of="Took">
                  {run.endedAt
                    ? durationOf((Date.parse(run.endedAt) - Date.parse(run.openedAt)) / 60_000)
                    : "–"}
                </td>
                <td data-of="Approved by">{approvedBy === null ? "nobody" : personOf(approvedBy).name}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
