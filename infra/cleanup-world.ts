import type { ImageConfig } from "../functions/runtime/config.ts";
import { createOpenShift } from "../functions/services/openshift.ts";
import type { CleanupFault } from "./cleanup-options.ts";
import type { System } from "./local/system.ts";
import { tagsOfImage } from "./local/world/builds.ts";
import { madeUpSha } from "./local/world/seed.ts";

const day = 24 * 60 * 60 * 1000;

/** Tags that people pushed by hand, and that no rule is about. */
const byHand = ["debug", "v1.0.0"];

/**
 * Pushes the builds of earlier weeks to the emulated Quay: every week one of `main`, and one of `stable`. What last
 * week's deployment pushed is there already and stays the newest.
 */
export async function seedRegistry(system: System, weeks: number): Promise<void> {
  const { config, world } = system;
  const built = config.repositories.flatMap(({ build }) => build?.images ?? []);
  const others = (config.cleanup?.images ?? []).map(
    (name): ImageConfig => ({
      name,
      architectures: ["amd64"],
      uniqueTag: null,
      stream: null,
      runsMigrations: false,
    }),
  );
  for (const image of [...built, ...others]) {
    const present = new Set(world.quay.tagNames(image.name));
    const moving = [...present].filter((tag) =>
      [config.clusters.production.tag, config.clusters.staging.tag].includes(tag),
    );
    for (let week = weeks; week > 0; week--) {
      for (const branch of [config.github.mainBranch, config.github.stableBranch]) {
        const at = new Date(Date.now() - (week + 1) * 7 * day);
        const tags = tagsOfImage(config, image, {
          branch,
          sha: madeUpSha(image.name, branch, String(week)),
          at,
        });
        const unique = tags.filter((tag) => !moving.includes(tag));
        const all = week === weeks && branch === config.github.mainBranch ? [...unique, ...byHand] : unique;
        if (all.length === 0) continue;
        await world.quay.push({
          image: image.name,
          tags: all,
          architectures: image.architectures,
          contents: {},
          at,
        });
      }
    }
  }
}

/** What goes wrong once the plan stands and nobody has answered yet. @param goes what the plan would delete. */
export async function goWrong(
  { world, config }: System,
  fault: CleanupFault,
  goes: readonly { image: string; tag: string }[],
): Promise<void> {
  const [first, , third] = goes;
  if (fault === "tag-moves" && first) {
    await world.quay.push({ image: first.image, tags: [first.tag], architectures: ["amd64"], contents: {} });
  }
  if (fault === "tag-immutable" && third) world.quay.refuseToDelete(third.image, third.tag);
  if (fault === "comes-into-use") {
    const streams = new Map(
      config.repositories
        .flatMap(({ build }) => build?.images ?? [])
        .map(({ name, stream }) => [name, stream]),
    );
    const found = goes.findLast(({ image }) => streams.get(image));
    if (!found) return;
    const { apiUrl, namespace } = config.clusters.staging;
    const token = world.openshift.adminTokens.staging;
    const from = `${config.quay.registry}/${config.quay.namespace}/${found.image}:${found.tag}`;
    await createOpenShift({ apiUrl, namespace, token }).importStream(
      streams.get(found.image) ?? "",
      "debug",
      from,
    );
  }
}
