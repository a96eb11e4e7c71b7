import { hookReasons, type NotificationChange, planNotifications } from "../functions/domain/connections.ts";
import { appSettings, judgeEvents, judgePermissions } from "../functions/domain/doctor-github.ts";
import { quayAddresses } from "../functions/domain/doctor-images.ts";
import { list } from "../functions/domain/words.ts";
import { config } from "../functions/runtime/config.ts";
import { environment } from "../functions/runtime/environment.ts";
import { NotFound } from "../functions/runtime/errors.ts";
import { secret } from "../functions/runtime/secrets.ts";
import { gitHubApp } from "../functions/services/github-app.ts";
import { type QuayNotifications, quayNotifications } from "../functions/services/quay-notifications.ts";

/** What connects other systems to our webhooks and is not so yet. */
export interface Connections {
  steps: { text: string; run(): Promise<void> }[];
  /** What no API does: where to click, one line each. */
  byHand: string[];
  /** What no API shows, either. */
  toLookAt: string[];
}

/**
 * Looks at GitHub and Quay; changes nothing by itself.
 *
 * @param options.justSet the secret of the App's webhook was just set: what was refused before does not count.
 */
export async function planConnections(options: {
  setSecret: boolean;
  justSet?: boolean;
}): Promise<Connections> {
  const [github, quay] = await Promise.all([planGitHub(options), planQuay()]);
  const slack = `${environment("STABLEHAND_URL")}/webhooks/slack`;
  return {
    steps: [...github.steps, ...quay.steps],
    byHand: [...github.byHand, ...quay.byHand],
    toLookAt: [
      `Slack tells nobody where it sends presses of buttons: look that Interactivity's Request URL is ${slack}`,
    ],
  };
}

type Part = Pick<Connections, "steps" | "byHand">;

async function planGitHub({
  setSecret,
  justSet = false,
}: {
  setSecret: boolean;
  justSet?: boolean;
}): Promise<Part> {
  const api = await gitHubApp();
  const [app, installation, hook, deliveries] = await Promise.all([
    api.app(),
    api.installation(),
    api.hook(),
    api.deliveries(),
  ]);
  const { webhookSecrets } = await secret("github");
  const url = `${environment("STABLEHAND_URL")}/webhooks/github`;
  const settings = appSettings(config().github, app.slug);
  const judged = [judgePermissions(app, installation, settings), judgeEvents(app, settings)];
  const reasons = hookReasons(hook, { url, deliveries: justSet ? [] : deliveries, setSecret });
  const text = `GitHub: set the App's webhook to ${url}, as JSON, with our secret (${list(reasons)})`;
  const run = async () => await api.setHook({ url, secret: webhookSecrets[0] as string });
  return {
    steps: reasons.length > 0 ? [{ text, run }] : [],
    byHand: judged.flatMap(({ summary, remedy }) => (remedy ? [`GitHub: ${summary} ${remedy}`] : [])),
  };
}

async function planQuay(): Promise<Part> {
  const { token, webhookSecrets } = await secret("quay");
  const client = quayNotifications(process.env.QUAY_TOKEN ?? token);
  const url = environment("STABLEHAND_URL");
  const [address = ""] = quayAddresses(url, webhookSecrets);
  const [ours = ""] = quayAddresses(url, [""]);
  const images = config().repositories.flatMap(({ moved, build }) => (moved ? (build?.images ?? []) : []));
  const parts = await Promise.all(
    images.map(async ({ name }): Promise<Part> => {
      const found = await listed(client, name);
      if (typeof found === "string") return { steps: [], byHand: [found] };
      const planned = planNotifications(name, found, { address, ours });
      const steps = planned.map(({ text, change }) => ({
        text: `Quay: ${text}`,
        run: async () => await perform(client, name, change, address),
      }));
      return { steps, byHand: [] };
    }),
  );
  return {
    steps: parts.flatMap(({ steps }) => steps),
    byHand: [...new Set(parts.flatMap(({ byHand }) => byHand))],
  };
}

/** A text: why it cannot be done. */
async function listed(client: QuayNotifications, image: string) {
  try {
    return (
      (await client.list(image)) ??
      'Quay: the token may not see notifications. Set QUAY_TOKEN to one with "Administer Repositories".'
    );
  } catch (thrown) {
    if (thrown instanceof NotFound)
      return `Quay: there is no image ${image} yet. Push it once, then run this again.`;
    throw thrown;
  }
}

async function perform(
  client: QuayNotifications,
  image: string,
  change: NotificationChange,
  address: string,
): Promise<void> {
  if (change.kind === "create") await client.create(image, address);
  else if (change.kind === "reset") await client.reset(image, change.uuid);
  else await client.remove(image, change.uuid);
}
