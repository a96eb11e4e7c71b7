import { z } from "zod";
import {
  type FirewallTarget,
  parseTargets,
  type RefusedTarget,
  targetName,
} from "./domain/firewall-target.ts";
import { localDate } from "./domain/local-time.ts";
import { config } from "./runtime/config.ts";
import { BadConfiguration, BadInput, RequestRefused } from "./runtime/errors.ts";
import { log } from "./runtime/logger.ts";
import { stepFunctions } from "./services/step-functions.ts";

/** Where a request for the firewall came from, and who is told when it is granted. */
export const firewallOrigin = z.object({
  /** Name or login of who asks; for people. */
  by: z.string().min(1).max(100),
  /** Slack member id. */
  slack: z
    .string()
    .regex(/^[UW][A-Z0-9]+$/)
    .nullable()
    .default(null),
  issue: z
    .object({ repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/), number: z.number().int().positive() })
    .nullable()
    .default(null),
});
export type FirewallOrigin = z.output<typeof firewallOrigin>;

const request = z.object({ domains: z.array(z.string()).min(1).max(100), origin: firewallOrigin });
export type FirewallRequest = z.input<typeof request>;

export interface StartedFirewall {
  /** Null: nothing of it can be asked for. */
  run: string | null;
  execution: string | null;
  targets: FirewallTarget[];
  refused: RefusedTarget[];
  /** False: it had been started before, or there was nothing to start. */
  started: boolean;
}

const mostOfADay = 50;

/** Starts a request by hand: `{domains, origin: {by}}`. @throws BadInput, and what `startFirewall` throws. */
export async function handler(event: unknown): Promise<StartedFirewall> {
  const parsed = request.safeParse(event);
  if (!parsed.success) throw new BadInput(`start-firewall: ${z.prettifyError(parsed.error)}`);
  return await startFirewall(parsed.data);
}

/**
 * Starts the flow for what of it may be asked for, named by its day (`firewall-2026-11-23`), or by its issue: an issue
 * that is delivered or labelled twice is one request.
 * @throws BadConfiguration where no firewall is configured, RequestRefused, ServiceUnavailable
 */
export async function startFirewall({ domains, origin }: z.output<typeof request>): Promise<StartedFirewall> {
  const settings = config().firewall;
  if (!settings) throw new BadConfiguration("There is no firewall in the configuration.");
  const { targets, refused } = parseTargets(domains, settings.internal);
  const nothing = { run: null, execution: null, targets, refused, started: false };
  if (targets.length === 0) return nothing;
  for (const run of names(origin)) {
    const { started, arn } = await stepFunctions().startExecution({
      flow: "firewall-request",
      name: run,
      input: { run, targets, refused, origin },
    });
    if (started || origin.issue) {
      log("start-firewall.started", {
        run,
        targets: targets.map(targetName),
        refused: refused.length,
        started,
      });
      return { run, execution: arn, targets, refused, started };
    }
  }
  throw new RequestRefused(`${mostOfADay} firewall requests were started today: look at who does so.`);
}

function names({ issue }: FirewallOrigin): string[] {
  if (issue) return [`firewall-${issue.repository.replace(/[^\w-]/g, "-").slice(0, 50)}-${issue.number}`];
  const first = `firewall-${localDate(new Date().toISOString(), config().schedule.timeZone)}`;
  return Array.from({ length: mostOfADay }, (_, index) => (index === 0 ? first : `${first}-${index + 1}`));
}
