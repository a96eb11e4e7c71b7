import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { GetExecutionHistoryCommand, ListExecutionsCommand } from "@aws-sdk/client-sfn";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { WebClient } from "@slack/web-api";
import { describe, expect, test } from "vitest";
import { store } from "../../functions/store/table.ts";
import type { System } from "../../infra/local/system.ts";
import { failingTask } from "../../infra/local/world/deployment.ts";
import { expectDeployed, expectGoodEnd } from "../support/fault-expectations.ts";
import { rehearseWith } from "../support/fault-rehearsal.ts";
import { patience, rehearseAlone } from "../support/fault-suite.ts";

/** Kubernetes objects and vault, each fault alone. */

describe("objects that the approver wants applied are applied, with", () => {
  test("objects-changed", patience, async () => {
    await rehearseAlone("objects-changed", (rehearsal) => {
      const { planned, applied, builds, ledger } = rehearsal.report.objects;
      expectDeployed(rehearsal);
      expect(planned).toMatchObject({
        files: [{ path: "openshift/packit-worker.yml.j2", status: "modified" }],
        authors: ["ben-packit"],
        vault: { since: "added", added: ["2026-11-20 Ben: new DSN for Sentry in extra-vars.yml"] },
      });
      expect(applied).toEqual([planned?.commit]);
      expect(ledger).toMatchObject({ commit: planned?.commit, vault: { digest: planned?.vault?.digest } });
      expect(builds.map(({ status }) => status)).toEqual(["SUCCEEDED", "FAILED", "SUCCEEDED"]);
      const [question] = rehearsal.report.questions;
      expect(question).toMatchObject({ id: "ConfirmObjects-1", error: "ObjectsFailed", answer: "retry" });
      expect(question?.reason).toContain(`failed in this task: “${failingTask}”.`);
      expect(rehearsal.report.waits.filter(({ key }) => key.startsWith("codebuild/"))).toMatchObject(
        [1, 2, 3].map(() => ({ resumedBy: expect.any(String) })),
      );
    });
  });

  test("main-moves-before-apply", patience, async () => {
    await rehearseAlone("main-moves-before-apply", (rehearsal) => {
      const { planned, applied, ledger } = rehearsal.report.objects;
      expectDeployed(rehearsal);
      const [question] = rehearsal.report.questions;
      expect(question).toMatchObject({ id: "ApplyObjects-1", error: "ObjectsMoved", answer: "retry" });
      expect(question?.reason).toContain("“Run three long-running workers (#703)” (cleo-packit)");
      expect(applied).toHaveLength(1);
      expect(applied).not.toEqual([planned?.commit]);
      expect(ledger?.commit).toBe(applied[0]);
    });
  });
});

test("a person who does not want the newer commit leaves the objects as they are", patience, async () => {
  const rehearsal = await rehearseWith(["main-moves-before-apply"], { otherwise: "skip", bySteps: {} });
  expectGoodEnd(rehearsal, ["main-moves-before-apply"]);
  expectDeployed(rehearsal);
  const { applied, builds, planned, ledger } = rehearsal.report.objects;
  expect(applied).toEqual([]);
  expect(builds.map(({ project }) => project)).toEqual(["read-vault"]);
  expect(ledger?.commit).toBe(planned?.applied?.commit);
});

test("nothing of the vault leaves a job but what was added to its changelog", patience, async () => {
  let canaries: string[] = [];
  let outputs = "";
  const places: Record<string, string> = {};
  const rehearsal = await rehearseWith(["objects-changed"], undefined, {
    look: async (system) => {
      canaries = system.world.deployment?.canaries ?? [];
      outputs = filesBelow(system.world.deployment?.outputs ?? "");
      Object.assign(places, {
        "the jobs' logs": system.codebuild
          .builds()
          .map(({ log }) => log)
          .join("\n"),
        "what the jobs let out": JSON.stringify(
          system.codebuild.builds().map(({ exported }) => Object.values(exported).map(decoded)),
        ),
        "the store": await everythingStored(),
        executions: await histories(system),
        Slack: await everythingInSlack(system),
      });
    },
  });
  const all: Record<string, string> = {
    ...places,
    logs: rehearsal.log,
    report: JSON.stringify(rehearsal.report),
    terminal: rehearsal.terminal,
  };

  expect(canaries.length).toBeGreaterThan(3);
  for (const canary of canaries) {
    for (const [place, text] of Object.entries(all)) {
      expect(text.includes(canary), `a secret stands in ${place}`).toBe(false);
    }
  }
  // So that the above means something: these are looked through, and Ansible did say secrets, to the closed bucket alone.
  expect(all["the store"]).toContain("new DSN for Sentry");
  expect(all.Slack).toContain("new DSN for Sentry");
  expect(all.executions).toContain("ConfirmObjects");
  expect(all["what the jobs let out"]).toContain("new DSN for Sentry");
  expect(outputs).toContain(canaries[0]);
});

function decoded(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}

/** The content of every file, each of which only its owner may read. */
function filesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => {
      const path = join(each.parentPath, each.name);
      expect(statSync(path).mode & 0o077).toBe(0);
      return readFileSync(path, "utf8");
    })
    .join("\n");
}

async function everythingStored(): Promise<string> {
  const { doc, table } = store();
  const { Items = [], LastEvaluatedKey } = await doc.send(new ScanCommand({ TableName: table }));
  expect(LastEvaluatedKey).toBeUndefined();
  return Items.map((item) =>
    JSON.stringify(item.body instanceof Uint8Array ? gunzipSync(item.body).toString("utf8") : item),
  ).join("\n");
}

async function histories({ stepFunctions, stateMachine }: System): Promise<string> {
  const { executions = [] } = await stepFunctions.send(
    new ListExecutionsCommand({ stateMachineArn: stateMachine }),
  );
  const all: unknown[] = [];
  for (const { executionArn } of executions) {
    let nextToken: string | undefined;
    do {
      const page = await stepFunctions.send(
        new GetExecutionHistoryCommand({ executionArn, includeExecutionData: true, nextToken }),
      );
      all.push(page.events);
      nextToken = page.nextToken;
    } while (nextToken);
  }
  return JSON.stringify(all);
}

async function everythingInSlack({ world, config }: System): Promise<string> {
  const client = new WebClient(world.slack.botToken, { slackApiUrl: `${world.slack.url}/` });
  const channels = [world.slack.channelId];
  for (const { slack } of config.people) {
    const { channel } = await client.conversations.open({ users: slack });
    if (channel?.id) channels.push(channel.id);
  }
  const histories = channels.map((channel) => client.conversations.history({ channel, limit: 200 }));
  return JSON.stringify((await Promise.all(histories)).map(({ messages }) => messages));
}
