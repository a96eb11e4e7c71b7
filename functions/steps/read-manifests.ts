import { z } from "zod";
import type { ManifestContents } from "../domain/registry-space.ts";
import { NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { createPace } from "../runtime/pace.ts";
import { runInput, step } from "../runtime/step.ts";
import { quay } from "../services/quay.ts";
import { cleanups } from "../store/cleanups.ts";
import { cleanupConfig } from "./cleanup-context.ts";

const input = runInput.extend({ image: z.string().min(1) });

/** One invocation reads for this long; then the state is entered again. */
const budgetMs = 70_000;
const atOnce = 8;
/** What was read is stored after so many, so that a death on the way costs little. */
const savedAfter = 250;

/**
 * Reads what stands in the manifests that tags of an image name: which others are in a list, and which layers they need.
 * What an earlier run has read is known. Ends after its time, and goes on from there when it is called again.
 *
 * @returns how many are left to be read.
 */
export const handler = step("read-manifests", input, async ({ run, image }) => {
  const tags = (await cleanups().tags(run, image)) ?? [];
  const known = await cleanups().manifests(image);
  const reader = createReader(image, known);
  const tops = [...new Set(tags.map(({ digest }) => digest))];
  let left = await reader.read(tops);
  const inLists = tops.flatMap((digest) => known.get(digest)?.manifests ?? []);
  left += await reader.read([...new Set(inLists)]);
  log("read-manifests.read", { image, known: known.size, left });
  return { left };
});

/** Reads manifests into `known`, and stores them. */
function createReader(image: string, known: Map<string, ManifestContents>) {
  const pace = createPace(cleanupConfig().requestsPerSecond);
  const end = performance.now() + budgetMs;
  let unsaved: ManifestContents[] = [];

  async function save(): Promise<void> {
    const batch = unsaved;
    unsaved = [];
    await cleanups().addManifests(image, batch);
  }

  async function readOne(digest: string): Promise<void> {
    await pace();
    try {
      const contents = await (await quay()).contents(image, digest);
      known.set(digest, contents);
      unsaved.push(contents);
    } catch (thrown) {
      // Its tag went meanwhile, or a list names what was never pushed. A list that is missing keeps its tag.
      if (!(thrown instanceof NotFound)) throw thrown;
      log("read-manifests.missing", { image, digest }, "warn");
    }
    if (unsaved.length >= savedAfter) await save();
  }

  return {
    /** @returns how many of these there was no time for. */
    async read(digests: readonly string[]): Promise<number> {
      const queue = digests.filter((digest) => !known.has(digest));
      const worker = async () => {
        while (queue.length > 0 && performance.now() < end) await readOne(queue.shift() as string);
      };
      try {
        const ended = await Promise.allSettled(Array.from({ length: atOnce }, worker));
        const failed = ended.find((each) => each.status === "rejected");
        if (failed) throw failed.reason;
      } finally {
        await save();
      }
      return queue.length;
    },
  };
}
