import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { Webhooks } from "@octokit/webhooks";

/** Who sent a webhook. Every check takes as long for a wrong value as for a right one, and tries every secret. */

/** Slack's own limit on the age of a request, in seconds. */
const slackTolerance = 5 * 60;

/** GitHub's `X-Hub-Signature-256` over the bytes of the body. */
export async function isFromGitHub(
  bytes: Uint8Array,
  signature: string | undefined,
  secrets: string[],
): Promise<boolean> {
  const body = exactText(bytes);
  if (!body || !signature) return false;
  const checks = secrets.map((secret) => new Webhooks({ secret }).verify(body, signature));
  return (await Promise.all(checks)).includes(true);
}

/** Slack's `v0` signature over version, time and the bytes of the body. `now` in milliseconds. */
export function isFromSlack(
  bytes: Uint8Array,
  headers: { signature: string | undefined; timestamp: string | undefined },
  secrets: string[],
  now: number,
): boolean {
  const { signature, timestamp } = headers;
  if (!signature || !timestamp || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > slackTolerance) return false;
  const expected = secrets.map((secret) => {
    const mac = createHmac("sha256", secret).update(`v0:${timestamp}:`).update(bytes);
    return `v0=${mac.digest("hex")}`;
  });
  return isAnyOf(signature, expected);
}

/** Compares digests, since values of different lengths cannot be compared in constant time. */
export function isAnyOf(value: string, expected: string[]): boolean {
  const given = sha256(value);
  return expected.map((each) => timingSafeEqual(given, sha256(each))).includes(true);
}

/** The text whose UTF-8 these bytes are, to the byte; null where there is none, which nobody signs. */
export function exactText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
