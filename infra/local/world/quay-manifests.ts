import { createHash } from "node:crypto";

/** The JSON documents of a registry, with the digests that a real client would compute over their bytes. */
export interface BuiltManifest {
  digest: string;
  /** Exact bytes, as text. */
  data: string;
  /** Compressed bytes of all layers; null for a list, of which Quay does not know it. */
  size: number | null;
  list: boolean;
  layers: { digest: string; size: number }[];
}

const types = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  list: "application/vnd.oci.image.index.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
};

/**
 * The manifest of one image for one architecture.
 * @param id whatever tells this build from every other; it stands in the image's configuration, as the time of a
 *   build does in a real one, so the digest is new each time.
 */
export function imageManifest(
  image: string,
  architecture: string,
  id: string,
  createdAt: Date,
): BuiltManifest {
  const layers = [
    blob(`${architecture} base`, 60_000_000),
    blob(`${image} ${architecture} dependencies`, 90_000_000),
    blob(`${image} ${architecture} ${id}`, 8_000_000),
  ];
  const config = JSON.stringify({
    architecture,
    os: "linux",
    created: createdAt.toISOString(),
    config: { Labels: { build: id } },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
  });
  const data = JSON.stringify({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, size: config.length, digest: digestOf(config) },
    layers: layers.map((layer) => ({ mediaType: types.layer, ...layer })),
  });
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  return { digest: digestOf(data), data, size, list: false, layers };
}

/** The list that holds one manifest an architecture. */
export function manifestList(parts: { architecture: string; manifest: BuiltManifest }[]): BuiltManifest {
  const data = JSON.stringify({
    schemaVersion: 2,
    mediaType: types.list,
    manifests: parts.map(({ architecture, manifest }) => ({
      mediaType: types.manifest,
      size: manifest.data.length,
      digest: manifest.digest,
      platform: { architecture, os: "linux" },
    })),
  });
  return { digest: digestOf(data), data, size: null, list: true, layers: [] };
}

function blob(content: string, about: number): { digest: string; size: number } {
  const digest = digestOf(content);
  return { digest, size: about + Number.parseInt(digest.slice(-5), 16) };
}

function digestOf(content: string): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
