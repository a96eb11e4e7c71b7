import { describe, expect, test, vi } from "vitest";
import { PermissionDenied, ServiceUnavailable } from "../../functions/runtime/errors.ts";
import { editedTopic } from "../../infra/local/world/people.ts";
import { startFaultyWorld } from "../support/faulty-world.ts";

const channel = "C000PACKIT";
const room = "!packit:fedora.im";
const patience = { timeout: 10_000 };

test("slack-down: Slack answers 503 once the approval is decided, and heals", async () => {
  const { slack, faults } = await startFaultyWorld(["slack-down"]);

  const other = await slack.postOnce({ channel, text: "Hello", key: "run/started" });
  await slack.update({ ...other, text: "Hello again" });
  const approval = await slack.postOnce({ channel, text: "Approve?", key: "run/approval-1" });
  await slack.update({ ...approval, text: "Approved by Ada" });
  await expect(slack.topic(channel)).rejects.toThrow(ServiceUnavailable);

  await vi.waitFor(async () => expect(await slack.topic(channel)).toMatch(/Packit/), patience);
  await slack.update({ ...approval, text: "Still approved" });
  expect(await slack.topic(channel)).toMatch(/Packit/);
  expect(faults.log()).toHaveLength(1);
});

test("matrix-no-power: the topic is refused until an admin sees the question about it", async () => {
  const { matrix, slack, world } = await startFaultyWorld(["matrix-no-power"]);

  await expect(matrix.setTopic(room, "Redeploying")).rejects.toThrow(PermissionDenied);
  await slack.postOnce({ channel, text: "What now?", key: "run/question/MoveStable/packit-1" });
  await expect(matrix.setTopic(room, "Redeploying")).rejects.toThrow(/power level is 0, the topic needs 50/);
  await slack.postOnce({ channel, text: "What now?", key: "run/question/AnnounceStart-1" });

  await matrix.setTopic(room, "Redeploying");
  expect(world.matrix.topics().at(-1)).toBe("Redeploying");
});

describe("topic-edited", () => {
  test("a person changes the topic a while after ours, once", async () => {
    const { slack, world, faults } = await startFaultyWorld(["topic-edited"]);

    await slack.setTopic(channel, "Redeploying");
    await vi.waitFor(() => expect(world.slack.topics().at(-1)).toBe(editedTopic), patience);
    await slack.setTopic(channel, "Redeploying again");

    expect(faults.log()).toHaveLength(1);
    expect(await slack.topic(channel)).toBe("Redeploying again");
  });
});
