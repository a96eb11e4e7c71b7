import type { Child } from "hono/jsx";
import { MAX_COMMENT } from "../domain/decision.ts";
import type { Person } from "../runtime/config.ts";
import { KeyboardDefault } from "./form-parts.tsx";

interface FormProps {
  person: Person;
  token: string;
  paused: boolean;
  /** A veto comes too late. */
  moved: boolean;
}

/** What the person may do. What cannot be taken back is behind a second press. */
export function ControlForm({ person, token, paused, moved }: FormProps) {
  if (!person.approver && moved) {
    return (
      <p class="hint last">The run has begun to move branches: from now on approvers can pause or stop it.</p>
    );
  }
  return (
    <>
      {person.approver ? (
        <>
          <Form token={token}>
            <p class="hint">
              {paused
                ? "It goes on where it stands."
                : "It stops before its next change until somebody resumes it. What is already building goes on."}
            </p>
            <button
              type="submit"
              name="action"
              value={paused ? "resume" : "pause"}
              class={paused ? "go" : ""}
            >
              {paused ? "Resume the run" : "Pause the run"}
            </button>
          </Form>
          <Final
            token={token}
            action="stop"
            label="Stop the run"
            hint="Nothing more is started, the topics are put back, what has moved stays where it is. This cannot be taken back."
          />
        </>
      ) : null}
      {moved ? null : (
        <Final
          token={token}
          action="veto"
          label="Veto the run"
          hint="Everyone of the team may, until the first branch moves: the run ends and nothing is deployed. This cannot be taken back."
        />
      )}
    </>
  );
}

interface FinalProps {
  token: string;
  action: "stop" | "veto";
  label: string;
  hint: string;
}

function Final({ token, action, label, hint }: FinalProps) {
  return (
    <details class="final">
      <summary>{label}…</summary>
      <Form token={token}>
        <p class="hint">{hint}</p>
        <label for={`comment-${action}`}>Why (optional)</label>
        <textarea id={`comment-${action}`} name="comment" rows={2} maxlength={MAX_COMMENT} />
        <button type="submit" name="action" value={action} class="stop">
          {label}
        </button>
      </Form>
    </details>
  );
}

function Form({ token, children }: { token: string; children: Child }) {
  return (
    <form method="post" action="/control" autocomplete="off" novalidate>
      <input type="hidden" name="token" value={token} />
      <KeyboardDefault name="action" />
      {children}
    </form>
  );
}
