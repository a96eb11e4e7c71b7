import { z } from "zod";
import { runInput, step } from "../runtime/step.ts";
import { quay } from "../services/quay.ts";
import { cleanups } from "../store/cleanups.ts";

const input = runInput.extend({ image: z.string().min(1) });

/** Lists all tags of an image repository into the store. */
export const handler = step("list-tags", input, async ({ run, image }) => {
  const listed = await (await quay()).tags(image);
  const tags = listed.map(({ name, digest, startedAt, isList }) => ({ name, digest, startedAt, isList }));
  await cleanups().saveTags(run, image, tags);
  return { tags: tags.length };
});
