import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ProofInput, proofChain, proofInWords } from "../../../functions/domain/proof-chain.ts";

const pod = (name: string, digest: string | null) => ({
  name,
  owner: null,
  phase: "Running",
  terminating: false,
  goneBy: null,
  startedAt: null,
  ready: true,
  restarts: 0,
  waitingReasons: [],
  images: [{ container: "main", image: "packit-worker", digest }],
});

/** A chain in which every link holds. */
function whole(change: Partial<ProofInput> = {}): ProofInput {
  return {
    image: "packit-worker",
    commit: "0123456789abcdef",
    build: { id: 7, attempt: 2, url: "https://github.com/runs/7", conclusion: "success" },
    manifest: "sha256:list",
    digests: ["sha256:list", "sha256:amd64"],
    tags: [
      { name: "stable-0123456-1", digest: "sha256:list" },
      { name: "prod", digest: "sha256:list" },
    ],
    stream: "packit-worker",
    held: { digest: "sha256:amd64" },
    pods: [pod("worker-0", "sha256:amd64"), pod("worker-1", "sha256:amd64")],
    ...change,
  };
}

const unreachable = { unreachable: "503" };
const broken: [string, Partial<ProofInput>, string][] = [
  ["no run", { build: null }, "no workflow run of 0123456 is known"],
  [
    "a failed run",
    { build: { id: 7, attempt: 1, url: "", conclusion: "failure" } },
    "the workflow run 7 ended as failure",
  ],
  ["nothing pushed", { manifest: null }, "the build was not seen to push a manifest"],
  [
    "no tag",
    { tags: [{ name: "prod", digest: "sha256:x" }] },
    "no tag at Quay names the manifest list any more",
  ],
  ["Quay away", { tags: unreachable }, "the tags at Quay could not be read: 503"],
  ["its manifest away", { digests: unreachable }, "the manifest at Quay could not be read: 503"],
  [
    "another stream",
    { held: { digest: "sha256:x" } },
    "the stream packit-worker holds x, not the manifest list",
  ],
  [
    "an empty stream",
    { held: { digest: null } },
    "the stream packit-worker holds no image, not the manifest list",
  ],
  ["the cluster away", { held: unreachable }, "the image stream could not be read: 503"],
  ["no pods", { pods: [] }, "no pod runs it"],
  ["pods unread", { pods: unreachable }, "the pods could not be read: 503"],
  [
    "an old pod",
    { pods: [pod("worker-0", "sha256:amd64"), pod("worker-1", "sha256:old")] },
    "the pod worker-1 runs old",
  ],
  ["a pod that starts", { pods: [pod("worker-0", null)] }, "the pod worker-0 has not started it"],
];

describe("the chain from commit to pods", () => {
  it("is whole when every link holds", () => {
    expect(proofChain(whole())).toEqual({
      image: "packit-worker",
      commit: "0123456789abcdef",
      build: { id: 7, attempt: 2, url: "https://github.com/runs/7" },
      tags: ["stable-0123456-1", "prod"],
      manifest: "sha256:list",
      stream: { name: "packit-worker", digest: "sha256:amd64" },
      pods: [
        { pod: "worker-0", digest: "sha256:amd64" },
        { pod: "worker-1", digest: "sha256:amd64" },
      ],
      broken: null,
    });
  });

  it("ends at Quay where no stream follows the image", () => {
    const proof = proofChain(whole({ stream: null, held: { digest: null }, pods: [] }));
    expect(proof).toMatchObject({ stream: null, pods: [], broken: null });
  });

  it.each(broken)("names the broken link: %s", (_, change, words) => {
    expect(proofChain(whole(change)).broken).toBe(words);
  });

  it("is never whole with any link broken", () => {
    fc.assert(
      fc.property(fc.subarray(broken, { minLength: 1 }), (list) => {
        const change = Object.assign({}, ...list.map(([, each]) => each));
        expect(proofChain(whole(change)).broken).not.toBeNull();
      }),
    );
  });

  it("is told in a few words", () => {
    const [good, bad] = [proofChain(whole()), proofChain(whole({ build: null }))];
    expect(proofInWords([])).toBeNull();
    expect(proofInWords([good, good])).toBe("proven for 2 images");
    expect(proofInWords([good, bad])).toBe(
      "proven for 1 image; not proven for packit-worker: no workflow run of 0123456 is known",
    );
  });
});
