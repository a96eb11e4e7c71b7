import { z } from "zod";
import { runInput, step } from "../runtime/step.ts";
import { cleanups } from "../store/cleanups.ts";
import { readContents } from "./manifest-reader.ts";

const input = runInput.extend({ image: z.string().min(1) });

/**
 * Reads the manifests of an image, those in its lists included, for the layers that each of them needs.
 * @returns how many are left to be read.
 */
export const handler = step("read-manifests", input, async ({ run, image }) => {
  const tags = (await cleanups().judged(run, image)) ?? [];
  const lists = await cleanups().contents(image, "lists");
  const manifests = tags.flatMap(({ digest, isList }) =>
    isList ? (lists.get(digest)?.manifests ?? []) : [digest],
  );
  return { left: await readContents(image, "manifests", new Set(manifests)) };
});
