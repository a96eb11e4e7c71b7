/** Compressed bytes in the registry, which stores a blob once however many manifests name it. */

/** What stands in a manifest. */
export interface ManifestContents {
  digest: string;
  /** Of a list: the manifests in it. */
  manifests: readonly string[];
  /** Of a plain manifest: its layers. */
  layers: readonly Layer[];
}

export interface Layer {
  digest: string;
  /** Bytes. */
  size: number;
}

export interface Space {
  /** Of everything that is there, each blob once. */
  bytes: number;
  /** Of what only tags that go need. */
  freed: number;
  /** Tags whose contents could not be read: their bytes are in neither number. */
  unmeasured: number;
}

export interface MeasuredTag {
  digest: string;
  goes: boolean;
}

/**
 * How much a registry holds, and how much would be free without the tags that go. A layer that a tag needs which stays
 * is not freed, whichever image it belongs to.
 *
 * @param tags of all images together.
 * @param contents null: not read.
 */
export function measure(
  tags: readonly MeasuredTag[],
  contents: (digest: string) => ManifestContents | null,
): Space {
  const needed = new Map<string, number>();
  const leaving = new Map<string, number>();
  let unmeasured = 0;
  for (const { digest, goes } of tags) {
    const layers = layersOf(digest, contents);
    if (!layers) unmeasured += 1;
    for (const layer of layers ?? []) (goes ? leaving : needed).set(layer.digest, layer.size);
  }
  const freed = [...leaving].reduce((sum, [digest, size]) => (needed.has(digest) ? sum : sum + size), 0);
  const kept = [...needed.values()].reduce((sum, size) => sum + size, 0);
  return { bytes: kept + freed, freed, unmeasured };
}

/** Of the manifest, or of everything in the list, each once; null where a part of it is not known. */
function layersOf(
  digest: string,
  contents: (digest: string) => ManifestContents | null,
): readonly Layer[] | null {
  const top = contents(digest);
  if (!top) return null;
  if (top.manifests.length === 0) return top.layers;
  const parts = top.manifests.map((each) => contents(each));
  return parts.every((each) => each !== null) ? parts.flatMap((each) => each.layers) : null;
}

/** `1.5 GB`, `730 MB`, in powers of ten as Quay shows them. */
export function bytesInWords(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let index = 0;
  let value = bytes;
  while (value >= 999.5 && index < units.length - 1) {
    value /= 1000;
    index += 1;
  }
  return `${value < 9.95 && index > 0 ? value.toFixed(1) : Math.round(value)} ${units[index]}`;
}
