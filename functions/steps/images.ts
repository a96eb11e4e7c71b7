import { config, type ImageConfig } from "../runtime/config.ts";

/** An image of the configuration, with the repository that builds it. */
export type OwnedImage = ImageConfig & { repository: string };

export function allImages(): OwnedImage[] {
  return config().repositories.flatMap(({ name, build }) =>
    (build?.images ?? []).map((image) => ({ ...image, repository: name })),
  );
}

export function imagesWithStream(): (OwnedImage & { stream: string })[] {
  return allImages().flatMap((image) => (image.stream ? [{ ...image, stream: image.stream }] : []));
}

/** `quay.io/packit/packit-worker`, to which a tag or a digest is added. */
export function imageName(image: string): string {
  const { registry, namespace } = config().quay;
  return `${registry}/${namespace}/${image}`;
}
