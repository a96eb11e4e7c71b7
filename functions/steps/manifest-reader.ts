import type { ManifestContents } from "../domain/registry-space.ts";
import { NotFound } from "../runtime/errors.ts";
import { log } from "../runtime/logger.ts";
import { createPace } from "../runtime/pace.ts";
import { quay } from "../services/quay.ts";
import { type ContentsKind, cleanups } from "../store/cleanups.ts";
import { cleanupConfig } from "./cleanup-context.ts";

/** One invocation reads for this long; then the state is entered again. */
const budgetMs = 70_000;
const atOnce = 8;
/** What was read is stored after so many, so that a death on the way costs little. */
const savedAfter = 250;

/**
 * Reads what stands in manifests of an image, but for those that are known, and stores it. Ends after its time, and goes
 * on from there when it is called again.
 *
 * @returns how many are left to be read.
 */
export async function readContents(
  image: string,
  kind: ContentsKind,
  digests: ReadonlySet<string>,
): Promise<number> {
  const known = await cleanups().contents(image, kind);
  const queue = [...digests].filter((digest) => !known.has(digest));
  const pace = createPace(cleanupConfig().requestsPerSecond);
  const end = performance.now() + budgetMs;
  let unsaved: ManifestContents[] = [];

  async function save(): Promise<void> {
    const batch = unsaved;
    unsaved = [];
    await cleanups().addContents(image, kind, batch);
  }

  async function readOne(digest: string): Promise<void> {
    await pace();
    try {
      const contents = await (await quay()).contents(image, digest);
      unsaved.push(contents);
    } catch (thrown) {
      // Its tag went meanwhile, or a list names what was never pushed. A list that is missing keeps its tag.
      if (!(thrown instanceof NotFound)) throw thrown;
      log("manifest-reader.missing", { image, digest }, "warn");
    }
    if (unsaved.length >= savedAfter) await save();
  }

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
  log("manifest-reader.read", { image, kind, known: known.size, left: queue.length });
  return queue.length;
}
