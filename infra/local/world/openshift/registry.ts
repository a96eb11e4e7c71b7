/** How the emulated cluster reads Quay, over HTTP. */

export interface Registry {
  /**
   * Finds the image that a reference names: `quay.io/NS/IMAGE:TAG` or `quay.io/NS/IMAGE@DIGEST`.
   * Other registries than Quay, by its public name or its emulator's address, cannot be reached.
   *
   * @param keepList false: of a manifest list, the manifest for amd64, else its first (import mode Legacy).
   * @throws ImportProblem
   */
  resolve(reference: string, keepList: boolean): Promise<{ digest: string; reference: string }>;
}

/** Why an image cannot be imported, in the words that the API uses for it. */
export class ImportProblem extends Error {
  readonly code: number;
  readonly reason: string;
  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

interface Reference {
  host: string;
  /** `packit/dashboard` */
  repository: string;
  tag: string | null;
  digest: string | null;
}

/** @param name Quay's public name, by which images are called: `quay.io`. */
export function createRegistry(quay: { url: string; token: string }, name: string): Registry {
  const hosts = new Set([name, new URL(quay.url).host]);

  async function get(path: string): Promise<Record<string, unknown> | null> {
    let response: Response;
    try {
      response = await fetch(`${quay.url}/api/v1/repository/${path}`, {
        headers: { authorization: `Bearer ${quay.token}`, accept: "application/json" },
        signal: AbortSignal.timeout(10_000),
      });
      if (response.status === 404) return null;
      if (response.ok) return (await response.json()) as Record<string, unknown>;
    } catch (cause) {
      throw new ImportProblem(500, "InternalError", `Internal error occurred: ${String(cause)}`);
    }
    const answer = `${response.status} ${response.statusText}`.trim();
    throw new ImportProblem(500, "InternalError", `Internal error occurred: ${name} answered ${answer}`);
  }

  async function digestOfTag(repository: string, tag: string): Promise<string | null> {
    const query = new URLSearchParams({ specificTag: tag, onlyActiveTags: "true" });
    const answer = await get(`${repository}/tag/?${query}`);
    const tags = (answer?.tags ?? []) as { manifest_digest?: string }[];
    return tags[0]?.manifest_digest ?? null;
  }

  return {
    async resolve(text, keepList) {
      const { host, repository, tag, digest } = parseReference(text);
      if (!hosts.has(host)) {
        const problem = `Get "https://${host}/v2/": dial tcp: lookup ${host}: no such host`;
        throw new ImportProblem(500, "InternalError", `Internal error occurred: ${problem}`);
      }
      const listed = digest ?? (await digestOfTag(repository, tag ?? "latest"));
      const manifest = listed ? await get(`${repository}/manifest/${listed}`) : null;
      if (!listed || !manifest) {
        throw new ImportProblem(404, "NotFound", `dockerimage.image.openshift.io "${text}" not found`);
      }
      const found = keepList ? listed : (subManifest(manifest) ?? listed);
      return { digest: found, reference: `${name}/${repository}@${found}` };
    },
  };
}

/** The manifest that import mode Legacy keeps of a list; null for what is no list. */
function subManifest(answer: Record<string, unknown>): string | null {
  if (answer.is_manifest_list !== true) return null;
  const data = answer.manifest_data;
  const list = (typeof data === "string" ? JSON.parse(data) : data) as {
    manifests?: { digest: string; platform?: { architecture?: string } }[];
  };
  const manifests = list.manifests ?? [];
  const ours = manifests.find((each) => each.platform?.architecture === "amd64") ?? manifests[0];
  return ours?.digest ?? null;
}

function parseReference(text: string): Reference {
  const match =
    /^(?<host>[^/]+)\/(?<repository>[^@]+?)(?:@(?<digest>sha256:[0-9a-f]+)|:(?<tag>[\w.-]+))?$/.exec(text);
  const { host, repository, digest, tag } = match?.groups ?? {};
  if (!host || !repository) {
    throw new ImportProblem(422, "Invalid", `"${text}" is not a valid Docker pull specification`);
  }
  return { host, repository, tag: tag ?? null, digest: digest ?? null };
}
