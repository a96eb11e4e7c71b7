import { mapNetworkFailure, mapStatus } from "./http.ts";

/**
 * Whether a page is there.
 * @throws ServiceUnavailable and what else `mapStatus` makes of an answer, but for 404.
 */
export async function showsPage(url: string, send: typeof fetch = fetch): Promise<boolean> {
  let response: Response;
  try {
    response = await send(url, {
      headers: { accept: "text/html", "cache-control": "no-cache" },
      signal: AbortSignal.timeout(10_000),
    });
    await response.body?.cancel();
  } catch (cause) {
    throw mapNetworkFailure("The site", url, cause);
  }
  if (response.status === 404) return false;
  if (!response.ok) throw mapStatus("The site", url, response.status, response.headers);
  return true;
}
