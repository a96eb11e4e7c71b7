import { config } from "../runtime/config.ts";
import { log } from "../runtime/logger.ts";

/** Slack waits 3 s for the answer to a press; this is the part that a reply may take. */
const timeoutMs = 1000;

/**
 * Tells one person something that nobody else sees. It is a courtesy: when it fails, that is logged and no more.
 *
 * @param responseUrl comes with a request, so it is used only when it leads to Slack.
 */
export async function tellPrivately(responseUrl: string, text: string): Promise<void> {
  if (!isSlack(responseUrl)) {
    log("slack.reply-refused", {}, "warn");
    return;
  }
  try {
    const response = await fetch(responseUrl, {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify({ response_type: "ephemeral", replace_original: false, text }),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (!response.ok) log("slack.reply-failed", { status: response.status }, "warn");
  } catch (thrown) {
    log("slack.reply-failed", { error: thrown instanceof Error ? thrown.name : "unknown" }, "warn");
  }
}

function isSlack(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const api = new URL(config().slack.apiUrl);
  return url.origin === "https://hooks.slack.com" || url.origin === api.origin;
}
