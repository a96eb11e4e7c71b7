import { z } from "zod";
import { runInput, step } from "../runtime/step.ts";
import { cleanups } from "../store/cleanups.ts";
import { readContents } from "./manifest-reader.ts";

const input = runInput.extend({ image: z.string().min(1) });

/**
 * Reads which manifests are in the manifest lists that tags of an image name: a cluster uses one of those, not the list.
 * @returns how many are left to be read.
 */
export const handler = step("read-lists", input, async ({ run, image }) => {
  const tags = (await cleanups().tags(run, image)) ?? [];
  const lists = new Set(tags.filter(({ isList }) => isList).map(({ digest }) => digest));
  return { left: await readContents(image, "lists", lists) };
});
