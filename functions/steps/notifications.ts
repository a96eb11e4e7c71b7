import { config } from "../runtime/config.ts";
import { environment } from "../runtime/environment.ts";
import { log } from "../runtime/logger.ts";
import { quay } from "../services/quay.ts";

/** After so many failures in a row Quay switches a notification off. */
const failuresAllowed = 3;

/**
 * The images whose notification to us Quay has switched off: without it a push is found only by asking. Notifications
 * to others are theirs to look after.
 *
 * @param options.repair switches them on again.
 * @returns names of the images, in the order of the configuration.
 */
export async function switchedOffNotifications({ repair }: { repair: boolean }): Promise<string[]> {
  const client = await quay();
  const ours = `${environment("STABLEHAND_URL")}/webhooks/quay/`;
  const moved = config().repositories.filter((each) => each.moved);
  const images = moved.flatMap(({ build }) => build?.images.map(({ name }) => name) ?? []);
  const found = await Promise.all(
    images.map(async (image) => {
      const off = (await client.notifications(image)).filter(
        ({ event, url, failures }) =>
          event === "repo_push" && failures >= failuresAllowed && url?.startsWith(ours),
      );
      if (repair) for (const { uuid } of off) await client.resetNotification(image, uuid);
      return off.length > 0 ? [image] : [];
    }),
  );
  const off = found.flat();
  if (off.length > 0) log("notifications.switched-off", { images: off, repaired: repair }, "warn");
  return off;
}
