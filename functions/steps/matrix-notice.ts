import type { MatrixText } from "../domain/matrix-messages.ts";
import { config } from "../runtime/config.ts";
import { messageOf } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { matrix } from "../services/matrix.ts";
import { runs } from "../store/runs.ts";

/**
 * Tells the Matrix room something of a run, once per key: by the transaction's id, and, since homeservers forget these
 * after a while, by a fact in the store. A room that does not answer holds nothing up.
 */
export async function tellMatrix(run: string, key: string, message: MatrixText): Promise<void> {
  const { matrix: settings } = config();
  if (!settings) return;
  const fact = `matrix/${key}`;
  try {
    if ((await runs().recall(run, fact)) !== null) return;
    const client = await matrix();
    const event = await client.send(settings.room, { ...message, notice: true, key: `${run}/${key}` });
    await runs().remember(run, fact, event);
  } catch (thrown) {
    log("matrix-notice.not-told", { key, reason: messageOf(thrown) }, "warn");
  }
}
