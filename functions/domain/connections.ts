import { type Delivery, type HookFacts, hookProblems } from "./doctor-github.ts";
import { type QuayNotification, quayGivesUpAfter, tellsPushes } from "./doctor-images.ts";

/** What is done to an image's notifications. Nothing in it is secret. */
export type NotificationChange =
  | { kind: "create" }
  | { kind: "reset"; uuid: string }
  | { kind: "remove"; uuid: string };

/** A change, and in words what it does and why. */
export interface PlannedNotification {
  change: NotificationChange;
  text: string;
}

/**
 * Why the App's webhook has to be set; empty: it need not. GitHub tells nobody its secret, so that is set only together
 * with something else, where the newest delivery was refused for its signature, or where a person asks for it.
 *
 * @param deliveries newest first.
 */
export function hookReasons(
  hook: HookFacts,
  { url, deliveries, setSecret }: { url: string; deliveries: readonly Delivery[]; setSecret: boolean },
): string[] {
  return [
    ...hookProblems(hook, url),
    ...(deliveries[0]?.status === 401 ? ["its last delivery had another secret's signature"] : []),
    ...(setSecret ? ["you ask for its secret to be set"] : []),
  ];
}

/**
 * What an image's notifications need: exactly one that tells us, by the newest secret, and that is not switched off.
 * What other people set up is left alone. New ones come first, so that no push is missed in between.
 *
 * @param address with the secret that is in use.
 * @param ours begins every address of our webhook, whatever its secret.
 */
export function planNotifications(
  image: string,
  notifications: readonly QuayNotification[],
  { address, ours }: { address: string; ours: string },
): PlannedNotification[] {
  const toUs = notifications.filter((each) => tellsPushes(each) && each.url.startsWith(ours));
  const [kept, ...spare] = toUs
    .filter(({ url }) => url === address)
    .toSorted((a, b) => a.failures - b.failures);
  const outdated = toUs.filter(({ url }) => url !== address);
  const planned: PlannedNotification[] = [];
  if (!kept) {
    planned.push({ change: { kind: "create" }, text: `create a notification of pushes to ${image}` });
  } else if (kept.failures >= quayGivesUpAfter) {
    const why = `${kept.failures} deliveries in a row had failed`;
    const text = `switch the notification of ${image} on again (${why})`;
    planned.push({ change: { kind: "reset", uuid: kept.uuid }, text });
  }
  const remove = ({ uuid }: QuayNotification, why: string) =>
    planned.push({ change: { kind: "remove", uuid }, text: `remove a notification of ${image} (${why})` });
  for (const each of spare) remove(each, "another one tells us the same");
  for (const each of outdated) remove(each, "its address has a secret that is not the one in use");
  return planned;
}
