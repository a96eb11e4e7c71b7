import { afterAll, beforeAll, expect, test } from "vitest";
import { catalog } from "../../functions/catalog.ts";
import { decide } from "../../functions/http/decide.ts";
import { runs } from "../../functions/store/runs.ts";
import type { PersonalMessage } from "../../infra/local/approver.ts";
import { loadDefinition } from "../../infra/local/step-functions/definition.ts";
import { type Path, press, type Walked, walk } from "../support/engine-paths.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { motoPlatform } from "../support/moto-platform.ts";

/**
 * The same flow with the same functions on two engines that share no line: the embedded one, and moto's, which was made
 * from LocalStack's. Where they go different ways, at least one of them is not AWS.
 */
const names = Object.fromEntries(Object.keys(catalog).map((name) => [name, name]));
const definition = loadDefinition("statemachine/weekly-deployment.asl.yaml", names);

let moto: Moto;
beforeAll(async () => {
  moto = await startMoto(process.env.PEERS_PYTHON ?? "");
});
afterAll(async () => await moto.close());

const approve = async (message: PersonalMessage, then: string) =>
  await press(message, message.page === "approval" ? "approve" : then);

/** The first plan is put off for a moment, the second one approved. */
function postponeFirst(): Path["answer"] {
  return async (message, run) => {
    if (message.question !== "approval-1") return await approve(message, "retry");
    const plan = await runs().plan(run, 1);
    await decide(run, {
      question: message.question,
      answer: "postpone",
      by: "ada-packit",
      at: new Date().toISOString(),
      via: "page",
      planDigest: plan?.digest ?? "",
      changes: null,
      until: new Date(Date.now() + 200).toISOString(),
      comment: null,
    });
  };
}

interface Expected {
  status: string;
  /** States that this path is about: without them it would show nothing. */
  through: string[];
}

const paths: [name: string, path: () => Path, expected: Expected][] = [
  [
    "approved",
    () => ({ answer: async (message) => await approve(message, "retry") }),
    { status: "finished", through: ["Promote", "FollowBuilds", "AwaitRollout", "NoteFinished"] },
  ],
  [
    "rejected",
    () => ({ answer: async (message) => await press(message, "reject") }),
    { status: "rejected", through: ["NoteRejected"] },
  ],
  [
    "postponed, then approved",
    () => ({ answer: postponeFirst() }),
    { status: "finished", through: ["AwaitPostponement", "NoteFinished"] },
  ],
  ["expired", () => ({ answer: async () => undefined }), { status: "expired", through: ["NoteExpired"] }],
  [
    "a build failed, then retried",
    () => ({ faults: ["build-fails"], answer: async (message) => await approve(message, "retry") }),
    { status: "finished", through: ["AskAboutBuild", "RetryBuild", "NoteFinished"] },
  ],
  [
    "a step failed, then skipped",
    () => ({ faults: ["push-refused"], answer: async (message) => await approve(message, "skip") }),
    { status: "finished", through: ["AskAboutPromotion", "LeftOut", "NoteFinished"] },
  ],
  [
    "a build failed, then aborted",
    () => ({ faults: ["build-fails"], answer: async (message) => await approve(message, "abort") }),
    { status: "aborted", through: ["AskAboutBuild", "BuildAborted", "NoteAborted", "RestoreTopics"] },
  ],
  [
    "the new images crash, and are rolled back",
    () => ({ faults: ["crash-loop"], answer: async (message) => await approve(message, "rollback") }),
    {
      status: "rolledBack",
      through: [
        "RolloutStuck",
        "RepairPods",
        "InspectProduction",
        "AskRollback",
        "RollBack",
        "NoteRolledBack",
      ],
    },
  ],
];

test.each(paths)("%s", async (_name, path, { status, through }) => {
  const embedded = await walk(path(), definition);
  const others = await walk(path(), definition, motoPlatform(moto));

  expect(embedded.run).toMatchObject({ status });
  expect(visited(embedded)).toEqual(expect.arrayContaining(through));
  expect(others.run).toMatchObject({ status });
  expect(reasonOf(others)).toBe(reasonOf(embedded));
  expect(others.execution).toBe(embedded.execution);
  expect(others.states).toEqual(embedded.states);
});

/** A link in it holds a port, and a number that depends on which build began first. */
function reasonOf({ run }: Walked): string | undefined {
  return run?.reason?.replaceAll(/127\.0\.0\.1:\d+\S+/g, "(link)");
}

function visited({ states }: Walked): string[] {
  return Object.values(states).flat();
}
