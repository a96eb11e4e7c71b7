import { type ManifestContents, type MeasuredTag, measure, type Space } from "../domain/registry-space.ts";
import { cleanups } from "../store/cleanups.ts";

/** Measures tags by what was read of their images. */
export async function createSpaceMeter(
  images: readonly string[],
): Promise<(tags: readonly MeasuredTag[]) => Space> {
  const known = new Map<string, ManifestContents>();
  for (const image of images) {
    for (const kind of ["lists", "manifests"] as const) {
      for (const each of await cleanups().contents(image, kind)) known.set(...each);
    }
  }
  return (tags) => measure(tags, (digest) => known.get(digest) ?? null);
}
