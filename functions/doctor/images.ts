import { about, type Finding } from "../domain/doctor.ts";
import {
  judgeClusterRights,
  judgeImage,
  judgeNotification,
  judgeStreams,
  quayAddresses,
} from "../domain/doctor-images.ts";
import { clusterRights } from "../domain/needs.ts";
import { type ClusterName, config, type ImageConfig } from "../runtime/config.ts";
import { environment } from "../runtime/environment.ts";
import { NotFound } from "../runtime/errors.ts";
import { secret } from "../runtime/secrets.ts";
import { copr } from "../services/copr.ts";
import { openshift } from "../services/openshift.ts";
import { mayDo } from "../services/openshift-rights.ts";
import { quay } from "../services/quay.ts";
import { quayNotifications } from "../services/quay-notifications.ts";
import { attempt, attemptSecret, type Examination, restOf, secretIsThere } from "./attempt.ts";

/** Images that a run builds. */
function images(): ImageConfig[] {
  return config().repositories.flatMap(({ moved, build }) => (moved ? (build?.images ?? []) : []));
}

/** The token for Quay, and each image with its notification. */
export async function examineQuay(examination: Examination): Promise<Finding[]> {
  const rest = restOf("quay", "Quay");
  const stored = await attemptSecret(examination, "quay");
  if (!stored.ok) return [stored.finding, rest];
  const there = secretIsThere("quay");
  const { token, webhookSecrets } = await secret("quay");
  const notifications = quayNotifications(examination.quayToken ?? token);
  const addresses = quayAddresses(environment("STABLEHAND_URL"), webhookSecrets);
  const { tag } = config().clusters.production;

  const examineImage = async ({ name }: ImageConfig): Promise<Finding[]> => {
    const found = await attempt(
      examination,
      { id: `quay.image/${name}`, name: `Image ${name}` },
      async () => await (await quay()).tag(name, tag),
    );
    if (!found.ok) return [found.finding];
    const image = judgeImage(name, tag, found.value !== null);
    const listed = await attempt(
      examination,
      { id: `quay.notification/${name}`, name: `Quay's notification of ${name}` },
      async () => await notifications.list(name),
    );
    return [image, listed.ok ? judgeNotification(name, listed.value, addresses) : listed.finding];
  };

  const [first] = images();
  if (!first) return [there];
  const access = await attempt(examination, tokenOfQuay, async () => {
    // Whether there is such an image is another question.
    await (await quay()).tag(first.name, tag).catch((thrown: unknown) => {
      if (!(thrown instanceof NotFound)) throw thrown;
    });
  });
  if (!access.ok) return [there, access.finding, rest];
  const known = about(tokenOfQuay.id, tokenOfQuay.name).ok("Quay knows it.");
  return [there, known, ...(await Promise.all(images().map(examineImage))).flat()];
}

const tokenOfQuay = {
  id: "quay.token",
  name: "Token for Quay",
  remedy: "Generate one in the organisation's OAuth application, and put it into the secret quay.",
};

/** The RPMs that images install. */
export async function examineCopr(examination: Examination): Promise<Finding[]> {
  const settings = config().copr;
  const packages = config().repositories.flatMap(({ rpm, moved }) => (rpm && moved ? [rpm] : []));
  if (!settings) return [];
  return await Promise.all(
    packages.map(async (name) => {
      const what = { id: `copr.package/${name}`, name: `RPM ${name}` };
      const found = await attempt(examination, what, async () => await (await copr()).newestBuilds(name));
      if (!found.ok) return found.finding;
      return about(what.id, what.name).ok(`Copr knows it in ${settings.owner}/${settings.project}.`);
    }),
  );
}

/** The service accounts in both clusters: token, rights, and the streams that they work on. */
export async function examineClusters(examination: Examination): Promise<Finding[]> {
  const stored = await attemptSecret(examination, "openshift");
  if (!stored.ok) return [stored.finding, restOf("openshift", "the clusters")];
  const clusters: ClusterName[] = ["production", "staging"];
  const found = await Promise.all(clusters.map((name) => examineCluster(examination, name)));
  return [secretIsThere("openshift"), ...found.flat()];
}

async function examineCluster(examination: Examination, name: ClusterName): Promise<Finding[]> {
  const { apiUrl, namespace, tag, holdImports } = config().clusters[name];
  const { productionToken, stagingToken } = await secret("openshift");
  const token = name === "production" ? productionToken : stagingToken;
  const needed = clusterRights(name, holdImports);
  const account = {
    id: `openshift.${name}.token`,
    name: `Service account in ${namespace}`,
    remedy: `Make a new token (oc -n ${namespace} create token stablehand …) and put it into the secret openshift.`,
  };
  const granted = await attempt(examination, account, () =>
    Promise.all(needed.map((right) => mayDo({ apiUrl, namespace, token }, right))),
  );
  if (!granted.ok) return [granted.finding, restOf(`openshift.${name}`, namespace)];
  const known = about(account.id, account.name).ok("The cluster knows its token.");
  const missing = needed.filter((_, index) => !granted.value[index]);
  const rights = judgeClusterRights(name, namespace, { missing, needed: needed.length });
  if (missing.some(({ verb, resource }) => verb === "list" && resource === "imagestreams")) {
    return [known, rights];
  }
  const what = { id: `openshift.${name}.streams`, name: `Image streams in ${namespace}` };
  const read = await attempt(examination, what, async () => await (await openshift(name)).streams());
  if (!read.ok) return [known, rights, read.finding];
  const streams = new Map(read.value.map((stream) => [stream.name, stream.tags.map((each) => each.tag)]));
  const wanted = { streams: images().flatMap(({ stream }) => stream ?? []), tag };
  return [known, rights, judgeStreams(name, namespace, streams, wanted)];
}
