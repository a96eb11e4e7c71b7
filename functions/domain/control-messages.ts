import type { RunFacts, Who } from "./messages.ts";
import {
  type Block,
  type Button,
  button,
  confirmation,
  fallback,
  type SlackMessage,
  section,
} from "./slack-blocks.ts";
import { code, escapeWithin, link, oneLine } from "./slack-text.ts";
import { timeOf } from "./times.ts";

/** Slack messages about what people do to a run under way: pause, resume, stop, veto. */

export type ControlAction = "pause" | "resume" | "stop" | "veto";

export const controlActions: Record<ControlAction, string> = {
  pause: "run.pause",
  resume: "run.resume",
  stop: "run.stop",
  veto: "run.veto",
};

/** Signed values; an action without one has no button. */
export type ControlButtons = Partial<Record<ControlAction, string>>;

const labels: Record<ControlAction, string> = {
  pause: "Pause",
  resume: "Resume",
  stop: "Stop",
  veto: "Veto",
};

/** What the dialog asks that comes up before a press counts. */
const questions: Partial<Record<ControlAction, { title: string; text: string; confirm: string }>> = {
  pause: {
    title: "Pause the run?",
    text: "It stops before its next change until somebody resumes it. What is already building goes on. For approvers.",
    confirm: "Pause it",
  },
  stop: {
    title: "Stop the run?",
    text: "Nothing more is started, the topics are put back, what has moved stays where it is. This cannot be taken back. For approvers.",
    confirm: "Stop it",
  },
  veto: {
    title: "Veto the run?",
    text: "For everyone of the team, until the first branch moves: the run ends and nothing is deployed. This cannot be taken back.",
    confirm: "Veto it",
  },
};

/** The row of buttons, or no block where there is none. */
export function controlBlocks(values: ControlButtons): Block[] {
  const elements = (Object.keys(controlActions) as ControlAction[]).flatMap((action): Button[] => {
    const value = values[action];
    if (!value) return [];
    const asked = questions[action];
    const confirm = asked && confirmation(asked);
    const style = { pause: undefined, resume: "primary", stop: "danger", veto: "danger" } as const;
    return [
      button({
        id: controlActions[action],
        text: labels[action],
        value,
        ...(style[action] && { style: style[action] }),
        ...(confirm && { confirm }),
      }),
    ];
  });
  return elements.length > 0 ? [{ type: "actions", block_id: "control", elements }] : [];
}

export interface Controlled extends RunFacts {
  action: ControlAction;
  by: Who;
  /** ISO 8601. */
  at: string;
  comment: string | null;
  /** With `stop` and `veto`: something has moved already, or was about to. */
  moved: boolean;
  /** What can be done next, such as `resume` after a pause. */
  buttons: ControlButtons;
}

/** To the channel, when a person has done something to a run. */
export function controlMessage(controlled: Controlled): SlackMessage {
  const { action, by, comment } = controlled;
  const did = { pause: "paused", resume: "resumed", stop: "stopped", veto: "vetoed" }[action];
  const at = timeOf(controlled.at, controlled.timeZone, controlled.now);
  const quote = comment ? `\n> ${escapeWithin(oneLine(comment), 500)}` : "";
  const name = escapeWithin(oneLine(controlled.service), 100);
  const run = code(controlled.run.slice(0, 100));
  return {
    text: fallback(`${controlled.service}: ${by.name} ${did} the run ${controlled.run}`),
    blocks: [
      section(
        `*${name}: ${escapeWithin(oneLine(by.name), 100)} ${did} the run* ${run} at ${at}. ${meaning(controlled)}${quote}`,
      ),
      ...controlBlocks(controlled.buttons),
    ],
  };
}

/** By direct message to one person, when a run has started. Never to a channel: the link is that person's. */
export function controlLinkMessage(facts: RunFacts & { url: string; expiresAt: string }): SlackMessage {
  const until = timeOf(facts.expiresAt, facts.timeZone, facts.now);
  const open = link(facts.url, "Open your page of this run");
  return {
    text: fallback(`${facts.service}: your page of the run ${facts.run}`),
    blocks: [
      section(
        `*${escapeWithin(oneLine(facts.service), 100)}: the deployment has started* (${code(facts.run.slice(0, 100))}). ${open} to see how far it is, and to pause or stop it, until ${until}. The link is yours alone: please do not pass it on.`,
      ),
    ],
  };
}

function meaning({ action, moved }: Controlled): string {
  switch (action) {
    case "pause":
      return "It stops before its next change and asks whether to go on. What is already building goes on.";
    case "resume":
      return "It goes on where it was.";
    case "stop":
      return moved
        ? "Nothing more is started, the topics are put back, what has moved stays where it is."
        : "Nothing has moved, and the topics are put back.";
    case "veto":
      return moved
        ? "The first branch was moving already: what has moved stays where it is, nothing more is started."
        : "Nothing has moved, and nothing is deployed.";
  }
}

export interface Refused {
  why:
    | "unknown"
    | "over"
    | "notApprover"
    | "notInTeam"
    | "tooLate"
    | "alreadyStopped"
    | "alreadyPaused"
    | "notPaused";
  /** What is refused. */
  action: ControlAction;
  /** Who was first, where somebody was. */
  by: Who | null;
  /** When that was, ISO 8601. */
  at: string | null;
}

/**
 * Why nothing was done, and who can do what instead. Plain text.
 *
 * @param approvers names.
 */
export function refusalText(refused: Refused, facts: RunFacts & { approvers: string[] }): string {
  const when = refused.at ? ` at ${timeOf(refused.at, facts.timeZone, facts.now)}` : "";
  const who = refused.by?.name ?? "Somebody";
  const approvers = facts.approvers.join(", ");
  switch (refused.why) {
    case "unknown":
      return `The run ${facts.run} is not known any more, so nothing was done.`;
    case "over":
      return `The run ${facts.run} has ended, so nothing was done.`;
    case "notApprover":
      return `Only approvers can ${refused.action} a run: ${approvers}. Nothing was done.`;
    case "notInTeam":
      return `Only the team can ${refused.action} a run. Nothing was done.`;
    case "tooLate":
      return `The run has begun to move branches, so a veto comes too late. An approver can still stop it: ${approvers}.`;
    case "alreadyStopped":
      return `${who} already ended this run${when}. Nothing was changed.`;
    case "alreadyPaused":
      return `${who} already paused this run${when}. Nothing was changed.`;
    case "notPaused":
      return "The run is not paused, so nothing was done.";
  }
}
