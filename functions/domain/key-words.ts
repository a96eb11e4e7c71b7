/**
 * What a correlation key (keys.ts) stands for, as people read it: `the image build of dashboard`. Null for what needs no
 * words: every wait also listens to a stop, and a time is told as the wait's deadline. A key of another kind is shown as
 * it is.
 */
export function keyInWords(key: string): string | null {
  const parts = key.split("/").map((part) => part.replaceAll("%2F", "/").replaceAll("%25", "%"));
  const [kind, ...rest] = parts;
  switch (kind) {
    case "github": {
      const [event, , repository, branch, , sha = ""] = rest;
      if (event === "pull") return `the pull request of ${branch} in ${repository} on GitHub`;
      return `the image build of ${repository} (${branch} at ${sha.slice(0, 7)}) on GitHub`;
    }
    case "quay": {
      const [, namespace, image, tag] = rest;
      return `the push of ${namespace}/${image}:${tag} to Quay`;
    }
    case "decision":
      return `an answer to ${rest[1]}`;
    case "dependencies":
      return `the RPMs that ${rest[1]} needs, at Copr`;
    case "production":
      return `the end of ${rest[0]}`;
    case "stop":
    case "time":
      return null;
    default:
      return key;
  }
}
