import { z } from "zod";
import { whoIsOnDuty } from "../domain/duty.ts";
import { targetName } from "../domain/firewall-target.ts";
import { config } from "../runtime/config.ts";
import { runInput, step } from "../runtime/step.ts";
import { github } from "../services/github.ts";
import { firewallOrigin } from "../start-firewall.ts";
import { runs } from "../store/runs.ts";
import { firewallConfig, rememberWanted } from "./firewall-context.ts";
import { minutesAfter, now } from "./run-context.ts";

const target = z.object({
  host: z.string().min(1),
  subdomains: z.boolean(),
  ports: z.array(z.number().int()).min(1),
});
const input = runInput.extend({
  targets: z.array(target).min(1),
  refused: z.array(z.object({ text: z.string(), why: z.string() })),
  origin: firewallOrigin,
  /** ARN of the execution. */
  execution: z.string().min(1),
});

/** Opens a firewall request: its record, what it is about, and who is on duty to send it. It needs no lock. */
export const handler = step(
  "open-firewall",
  input,
  async ({ run: id, targets, refused, origin, execution }) => {
    const openedAt = now();
    await runs().open({
      id,
      kind: "firewall",
      purpose: targets.map(targetName).join(", "),
      only: [],
      supersedes: null,
      execution,
      scheduledFor: openedAt,
      openedAt,
      endedAt: null,
      status: "running",
      reason: null,
      duty: null,
      decision: null,
      approvedAt: null,
      planVersion: null,
      expectedEnd: null,
      windowEnd: minutesAfter(openedAt, firewallConfig().days * 24 * 60),
    });
    await rememberWanted(id, { targets, refused, origin });
    const { duty: role, people } = config();
    const issue = await (await github()).newestIssue(role);
    const duty = whoIsOnDuty({ assignees: issue?.assignees ?? null, people, backup: role.backup });
    await runs().update(id, { duty });
    return {};
  },
);
