import { log } from "../runtime/logger.ts";
import { Message } from "./layout.tsx";
import type { Page } from "./page.ts";

/** Why a link leads to no question, and what a person can do: a title, and sentences. */
const linkProblems = {
  invalid: {
    title: "This link is not valid",
    text: [
      "It was cut off or changed on its way.",
      "Open the link in Stablehand's message to you, whole as it is.",
    ],
  },
  expired: {
    title: "This link has expired",
    text: [
      "Nothing can be answered with it any more.",
      "The channel shows how the run went on. If it still needs an answer, Stablehand sends you a new link.",
    ],
  },
  readerExpired: {
    title: "This link has expired",
    text: [
      "Links to the pages of runs are good for 90 days.",
      "Every newer message of Stablehand in the channel has a link that shows the older runs, too.",
    ],
  },
  notApprover: {
    title: "You cannot answer this",
    text: [
      "You are not among the approvers any more.",
      "Ask one of them to answer, or have the configuration changed.",
    ],
  },
  notInTeam: {
    title: "This is for the team alone",
    text: ["You are not among its people any more.", "Ask one of them, or have the configuration changed."],
  },
  unknown: {
    title: "This run is not known",
    text: ["Its record is gone, or it never was.", "Look at the channel for the newest run."],
  },
  over: {
    title: "This question is not asked any more",
    text: ["The run has ended or gone on without this answer.", "Look at the channel for how it went on."],
  },
  changed: {
    title: "The plan has changed",
    text: [
      "This link belongs to an older plan, so nothing can be approved with it.",
      "Use the newest message of Stablehand: it shows the plan of now.",
    ],
  },
};

/** The page for a token that is not ours any more, or never was. */
export function refuseToken(why: "expired" | "invalid"): Page {
  log("page.link-refused", { why }, "warn");
  return refuseLink(why === "expired" ? 410 : 403, why);
}

/** As `refuseToken`, for the pages that the team reads. */
export function refuseReader(why: "expired" | "invalid"): Page {
  log("page.link-refused", { why }, "warn");
  return why === "expired" ? refuseLink(410, "readerExpired") : refuseLink(403, why);
}

/** The page that says why a link leads to nothing. */
export function refuseLink(status: 403 | 404 | 410, problem: keyof typeof linkProblems): Page {
  return { status, body: <LinkProblem problem={problem} /> };
}

function LinkProblem({ problem }: { problem: keyof typeof linkProblems }) {
  const { title, text } = linkProblems[problem];
  return (
    <Message title={title}>
      {text.map((sentence) => (
        <p>{sentence}</p>
      ))}
    </Message>
  );
}
