import { containersOf } from "./checks-cluster.ts";
import { type InspectedPod, isUnreachable, type Reading, short } from "./inspection-evidence.ts";
import { count } from "./words.ts";

/** What leads from a commit to the pods that run it, for one image. */
export interface ImageProof {
  image: string;
  commit: string;
  /** The workflow run that built it. */
  build: { id: number; attempt: number; url: string } | null;
  /** Tags at Quay that name the manifest. */
  tags: string[];
  /** Digest of the manifest, or of the list, that was built. */
  manifest: string | null;
  /** Null: no stream follows the image, it is pulled by name. */
  stream: { name: string; digest: string | null } | null;
  pods: { pod: string; digest: string | null }[];
  /** The first link that does not hold, one sentence; null: the chain is whole. */
  broken: string | null;
}

export interface ProofInput {
  image: string;
  commit: string;
  build: { id: number; attempt: number; url: string; conclusion: string | null } | null;
  /** Digest that the build was confirmed to have pushed. */
  manifest: string | null;
  /** That digest and, of a list, those of its architectures: each is the same build. */
  digests: Reading<readonly string[]>;
  /** Tags at Quay as they are now: the environment's and those that only this build has. */
  tags: Reading<readonly { name: string; digest: string }[]>;
  /** Name of the stream that follows the image. */
  stream: string | null;
  /** Digest that the stream holds. */
  held: Reading<{ digest: string | null }>;
  pods: Reading<readonly InspectedPod[]>;
}

/** Commit → workflow run → Quay tag → manifest → image stream → pods. What could not be read breaks the chain too. */
export function proofChain(input: ProofInput): ImageProof {
  const { image, commit, build, manifest, tags, stream, held, pods } = input;
  const naming = isUnreachable(tags) ? [] : tags.filter((each) => each.digest === manifest);
  const running = isUnreachable(pods) || !stream ? [] : containersOf({ name: image, stream }, pods);
  return {
    image,
    commit,
    build: build && { id: build.id, attempt: build.attempt, url: build.url },
    tags: naming.map((each) => each.name),
    manifest,
    stream: stream === null ? null : { name: stream, digest: isUnreachable(held) ? null : held.digest },
    pods: running.map(({ pod, digest }) => ({ pod, digest })),
    broken: brokenBuild(input) ?? brokenTag(input) ?? brokenStream(input) ?? brokenPods(input, running),
  };
}

function brokenBuild({ commit, build }: ProofInput): string | null {
  if (!build) return `no workflow run of ${commit.slice(0, 7)} is known`;
  if (build.conclusion !== "success")
    return `the workflow run ${build.id} ended as ${build.conclusion ?? "nothing yet"}`;
  return null;
}

function brokenTag({ manifest, tags }: ProofInput): string | null {
  if (!manifest) return "the build was not seen to push a manifest";
  if (isUnreachable(tags)) return `the tags at Quay could not be read: ${tags.unreachable}`;
  if (tags.some((each) => each.digest === manifest)) return null;
  return `no tag at Quay names the manifest ${short(manifest)} any more`;
}

function brokenStream({ manifest, digests, stream, held }: ProofInput): string | null {
  if (stream === null) return null;
  if (isUnreachable(digests)) return `the manifest at Quay could not be read: ${digests.unreachable}`;
  if (isUnreachable(held)) return `the image stream could not be read: ${held.unreachable}`;
  if (held.digest !== null && digests.includes(held.digest)) return null;
  const holds = held.digest === null ? "no image" : short(held.digest);
  return `the stream ${stream} holds ${holds}, not the manifest ${short(manifest ?? "")}`;
}

function brokenPods(
  { stream, digests, pods }: ProofInput,
  running: readonly { pod: string; digest: string | null }[],
): string | null {
  if (stream === null) return null;
  if (isUnreachable(pods)) return `the pods could not be read: ${pods.unreachable}`;
  if (running.length === 0) return "no pod runs it";
  const accepted = isUnreachable(digests) ? [] : digests;
  const other = running.find(({ digest }) => digest === null || !accepted.includes(digest));
  if (!other) return null;
  return `the pod ${other.pod} ${other.digest === null ? "has not started it" : `runs ${short(other.digest)}`}`;
}

/** `proven for 3 images`, with the broken links by name; null without any image. */
export function proofInWords(proofs: readonly ImageProof[]): string | null {
  if (proofs.length === 0) return null;
  const broken = proofs.filter((each) => each.broken !== null);
  const whole = proofs.length - broken.length;
  const proven = whole > 0 ? [`proven for ${count(whole, "image")}`] : [];
  return [...proven, ...broken.map(({ image, broken: link }) => `not proven for ${image}: ${link}`)].join(
    "; ",
  );
}
