import { about, type Finding } from "./doctor.ts";
import type { ClusterRight } from "./needs.ts";
import { count, list } from "./words.ts";

/** A notification of Quay about one image. */
export interface QuayNotification {
  uuid: string;
  event: string;
  method: string;
  /** Holds a secret: it goes into no message and no log. */
  url: string;
  /** Deliveries in a row that failed. */
  failures: number;
}

/** After as many deliveries in a row that failed, Quay sends no more until somebody resets the notification. */
export const quayGivesUpAfter = 3;

/** Where our webhook takes Quay's notifications: one address for each secret, the first is the one to use. */
export function quayAddresses(url: string, secrets: readonly string[]): string[] {
  return secrets.map((secret) => `${url}/webhooks/quay/${secret}`);
}

/** Sends pushes to a webhook. */
export function tellsPushes({ event, method }: QuayNotification): boolean {
  return event === "repo_push" && method === "webhook";
}

/** @param addresses those that our webhook takes; null: the token may not see the notifications. */
export function judgeNotification(
  image: string,
  notifications: readonly QuayNotification[] | null,
  addresses: readonly string[],
): Finding {
  const finding = about(`quay.notification/${image}`, `Quay's notification of ${image}`);
  if (!notifications) {
    return finding.skipped(
      'The token may not see notifications. With one that has "Administer Repositories" in QUAY_TOKEN, npm run doctor looks.',
    );
  }
  const later = "A run hears of pushes minutes later, by asking.";
  const ours = notifications.filter((each) => tellsPushes(each) && addresses.includes(each.url));
  if (ours.length === 0) {
    return finding.warning({
      summary: `No notification tells us of pushes to ${image}. ${later}`,
      remedy: "npm run connect creates it.",
    });
  }
  if (ours.every(({ failures }) => failures >= quayGivesUpAfter)) {
    return finding.warning({
      summary: `Quay has switched the notification of ${image} off after ${quayGivesUpAfter} failed deliveries. ${later}`,
      remedy: "npm run connect switches it on again.",
    });
  }
  return finding.ok("Tells us of pushes.");
}

export function judgeImage(image: string, tag: string, there: boolean): Finding {
  const finding = about(`quay.image/${image}`, `Image ${image}`);
  if (there) return finding.ok(`Quay has ${image}:${tag}.`);
  return finding.failed({
    summary: `Quay has no ${image}:${tag}.`,
    remedy: "Push it once, or mend the image's name in the configuration.",
  });
}

/** @param missing of the rights that `needed` counts. */
export function judgeClusterRights(
  cluster: string,
  namespace: string,
  { missing, needed }: { missing: readonly ClusterRight[]; needed: number },
): Finding {
  const finding = about(`openshift.${cluster}.rights`, `Rights in ${namespace}`);
  if (missing.length === 0) return finding.ok(`${needed} rights, all granted.`);
  const commands = missing.map(
    ({ verb, group, resource }) => `--verb=${verb} --resource=${group ? `${resource}.${group}` : resource}`,
  );
  return finding.failed({
    summary: `May not ${list(missing.map(({ verb, resource }) => `${verb} ${resource}`))} in ${namespace}.`,
    remedy:
      `Grant it: ${commands.map((rest) => `oc -n ${namespace} create role NAME ${rest}`).join("; ")}; ` +
      `then oc -n ${namespace} create rolebinding NAME --role=NAME --serviceaccount=${namespace}:stablehand.`,
  });
}

/** @param streams each with the tags that it has. */
export function judgeStreams(
  cluster: string,
  namespace: string,
  streams: ReadonlyMap<string, readonly string[]>,
  wanted: { streams: readonly string[]; tag: string },
): Finding {
  const finding = about(`openshift.${cluster}.streams`, `Image streams in ${namespace}`);
  const missing = wanted.streams.filter((name) => !streams.get(name)?.includes(wanted.tag));
  if (missing.length === 0) return finding.ok(`${count(wanted.streams.length, "stream")}, all there.`);
  return finding.failed({
    summary: `${namespace} has no ${list(missing.map((name) => `${name}:${wanted.tag}`))}.`,
    remedy: "Apply the objects of the deployment, or mend the stream's name in the configuration.",
  });
}
