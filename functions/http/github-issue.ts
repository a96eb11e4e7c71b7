import { z } from "zod";
import { domainsInIssue } from "../domain/firewall-issue.ts";
import { config } from "../runtime/config.ts";
import { log } from "../runtime/logger.ts";
import { startFirewall } from "../start-firewall.ts";
import { Refusal } from "./errors.ts";

/** The part of `issues` that we read (https://docs.github.com/webhooks/webhook-events-and-payloads#issues). */
const issueEvent = z.object({
  action: z.string(),
  label: z.object({ name: z.string() }).optional(),
  repository: z.object({ full_name: z.string().regex(/^[\w.-]+\/[\w.-]+$/) }),
  issue: z.object({
    number: z.number().int().positive(),
    body: z.string().nullable(),
    user: z.object({ login: z.string().min(1) }),
  }),
});

/**
 * An issue that gets the label of firewall requests starts one. Who may label is GitHub's to say: people with the right
 * to triage. Everything else that happens to issues is ignored.
 * @throws Refusal
 */
export async function receiveIssue(payload: unknown): Promise<void> {
  const { firewall } = config();
  const parsed = issueEvent.safeParse(payload);
  if (!parsed.success) throw new Refusal(400, "shape");
  const { action, label, repository, issue } = parsed.data;
  if (!firewall || action !== "labeled" || label?.name !== firewall.label) return;
  const domains = domainsInIssue(issue.body ?? "");
  const where = { repository: repository.full_name, number: issue.number };
  if (domains.length === 0) return log("webhook.issue-without-domains", where, "warn");
  const origin = { by: issue.user.login, slack: null, issue: where };
  const { run, started, refused } = await startFirewall({ domains, origin });
  log("webhook.issue", { ...where, run, started, refused: refused.length });
}
