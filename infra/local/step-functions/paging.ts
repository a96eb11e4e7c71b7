import { AwsError } from "../aws-json.ts";

/**
 * One page of a list. The token names the last item that was handed out, so that what comes in front of the list
 * meanwhile neither repeats nor hides an item.
 *
 * @throws AwsError InvalidToken for a token that this list did not give.
 */
export function page<T>(
  items: T[],
  keyOf: (item: T) => string,
  { maxResults, nextToken }: { maxResults?: number; nextToken?: string },
): { items: T[]; nextToken?: string } {
  let start = 0;
  if (nextToken !== undefined) {
    const key = Buffer.from(nextToken, "base64url").toString("utf8");
    start = items.findIndex((item) => keyOf(item) === key) + 1;
    if (start === 0) throw new AwsError("InvalidToken", "Invalid Token: 'Invalid token'");
  }
  // 0 means the default, as the real API has it.
  const end = start + (maxResults || 100);
  const part = items.slice(start, end);
  const last = part.at(-1);
  if (end >= items.length || last === undefined) return { items: part };
  return { items: part, nextToken: Buffer.from(keyOf(last)).toString("base64url") };
}
