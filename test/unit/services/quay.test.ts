import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  NotFound,
  PermissionDenied,
  RateLimited,
  RequestRefused,
  ServiceUnavailable,
} from "../../../functions/runtime/errors.ts";
import { createQuay } from "../../../functions/services/quay.ts";

const token = "very-secret-token";

type Answer = { status?: number; headers?: Record<string, string>; body?: unknown };

/** Quay as a function from the request's URL to an answer; remembers what was asked. */
function quayAnswering(answer: (url: URL) => Answer) {
  const asked: { url: URL; headers: Headers }[] = [];
  const client = createQuay({
    apiUrl: "https://quay.test",
    namespace: "packit",
    token,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      asked.push({ url, headers: request.headers });
      const { status = 200, headers, body } = answer(url);
      return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
    },
  });
  return { client, asked };
}

/** As quay.io answers, fields that we do not read included. */
function tagNamed(name: string, changes: Record<string, unknown> = {}) {
  return {
    name,
    reversion: false,
    start_ts: 1_795_348_800,
    manifest_digest: "sha256:aaa",
    is_manifest_list: false,
    size: 1234,
    last_modified: "Sun, 22 Nov 2026 12:00:00 -0000",
    ...changes,
  };
}

const oneTag = (changes: Record<string, unknown>) => ({
  body: { tags: [tagNamed("prod", changes)], page: 1, has_additional: false },
});

describe("tag", () => {
  test("asks for the active tag of that name, with our token", async () => {
    const { client, asked } = quayAnswering(() => oneTag({}));

    expect(await client.tag("dashboard", "prod")).toEqual({
      name: "prod",
      digest: "sha256:aaa",
      startedAt: "2026-11-22T12:00:00.000Z",
      isList: false,
      size: 1234,
    });
    const [{ url, headers } = { url: null, headers: null }] = asked;
    expect(url?.pathname).toBe("/api/v1/repository/packit/dashboard/tag/");
    expect(Object.fromEntries(url?.searchParams ?? [])).toMatchObject({
      specificTag: "prod",
      onlyActiveTags: "true",
    });
    expect(headers?.get("authorization")).toBe(`Bearer ${token}`);
  });

  test("reads the date where the seconds are missing", async () => {
    const date = "Mon, 23 Nov 2026 13:30:05 -0000";
    const { client } = quayAnswering(() => oneTag({ start_ts: undefined, last_modified: date }));

    expect((await client.tag("dashboard", "prod"))?.startedAt).toBe("2026-11-23T13:30:05.000Z");
  });

  test("takes an unknown size for what it is", async () => {
    const { client } = quayAnswering(() => oneTag({ size: null, is_manifest_list: true }));

    expect(await client.tag("packit-worker", "prod")).toMatchObject({ size: null, isList: true });
  });

  test("is null when no such tag is active", async () => {
    const { client } = quayAnswering(() => ({ body: { tags: [], page: 1, has_additional: false } }));

    expect(await client.tag("dashboard", "prod")).toBeNull();
  });

  test("encodes names that are no plain words", async () => {
    const { client, asked } = quayAnswering(() => oneTag({}));

    await client.tag("group/a b?", "x&onlyActiveTags=false");

    expect(asked[0]?.url.pathname).toBe("/api/v1/repository/packit/group/a%20b%3F/tag/");
    expect(asked[0]?.url.searchParams.getAll("onlyActiveTags")).toEqual(["true"]);
  });
});

test("tagsLike reads every page, and keeps what begins with the prefix", async () => {
  const word = fc.string({ unit: fc.constantFrom("a", "A", "-", "1"), minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(word),
      word,
      fc.integer({ min: 1, max: 5 }),
      async (names, prefix, size) => {
        const { client } = quayAnswering((url) => {
          const like =
            url.searchParams
              .get("filter_tag_name")
              ?.replace(/^like:/, "")
              .toLowerCase() ?? "";
          const page = Number(url.searchParams.get("page"));
          const found = names
            .filter((name) => name.toLowerCase().includes(like))
            .map((name) => tagNamed(name));
          return {
            body: {
              tags: found.slice((page - 1) * size, page * size),
              page,
              has_additional: found.length > page * size,
            },
          };
        });

        const found = await client.tagsLike("dashboard", prefix);

        expect(found.map((tag) => tag.name)).toEqual(names.filter((name) => name.startsWith(prefix)));
      },
    ),
  );
});

describe("manifest", () => {
  const digest = "sha256:0123";
  const answer = (data: unknown, isList: boolean) => ({
    body: {
      digest,
      is_manifest_list: isList,
      manifest_data: typeof data === "string" ? data : JSON.stringify(data),
      config_media_type: null,
      layers: null,
    },
  });

  test("lists the manifests of the architectures, without attestations", async () => {
    const { client, asked } = quayAnswering(() =>
      answer(
        {
          schemaVersion: 2,
          manifests: [
            { digest: "sha256:amd", platform: { architecture: "amd64", os: "linux" }, size: 1 },
            { digest: "sha256:arm", platform: { architecture: "arm64", os: "linux" }, size: 1 },
            { digest: "sha256:att", platform: { architecture: "unknown", os: "unknown" }, size: 1 },
          ],
        },
        true,
      ),
    );

    expect(await client.manifest("packit-worker", digest)).toEqual({
      digest,
      architectures: [
        { architecture: "amd64", digest: "sha256:amd" },
        { architecture: "arm64", digest: "sha256:arm" },
      ],
    });
    expect(decodeURIComponent(asked[0]?.url.pathname ?? "")).toBe(
      `/api/v1/repository/packit/packit-worker/manifest/${digest}`,
    );
  });

  test("has no architectures when it is none of a list", async () => {
    const { client } = quayAnswering(() => answer({ schemaVersion: 2, layers: [] }, false));

    expect(await client.manifest("dashboard", digest)).toEqual({ digest, architectures: null });
  });

  test.each([["no JSON"], [{ manifests: "none" }]])("is refused when its data is %j", async (data) => {
    const { client } = quayAnswering(() => answer(data, true));

    await expect(client.manifest("dashboard", digest)).rejects.toThrow(ServiceUnavailable);
  });
});

describe("failures", () => {
  test.each([
    [401, PermissionDenied],
    [403, PermissionDenied],
    [404, NotFound],
    [400, RequestRefused],
    [429, RateLimited],
    [502, ServiceUnavailable],
  ])("%i has a name, the image in its message, and no token", async (status, error) => {
    const { client } = quayAnswering(() => ({ status, body: { detail: token } }));

    const thrown = await client.tag("dashboard", "prod").catch((reason: unknown) => reason);

    expect(thrown).toBeInstanceOf(error);
    expect(String(thrown)).toContain("packit/dashboard");
    expect(String(thrown)).not.toContain(token);
  });

  test.each([
    ["a page of an outage", "<html>"],
    ["another shape", { tags: [{ name: "prod" }], has_additional: false }],
    ["a tag without a time", oneTag({ start_ts: undefined, last_modified: "yesterday" }).body],
  ])("%s is no answer", async (_what, body) => {
    const { client } = quayAnswering(() => ({ body }));

    await expect(client.tag("dashboard", "prod")).rejects.toThrow(ServiceUnavailable);
  });

  test("a server that cannot be reached", async () => {
    const client = createQuay({ apiUrl: "http://127.0.0.1:9", namespace: "packit", token });

    await expect(client.tag("dashboard", "prod")).rejects.toThrow(ServiceUnavailable);
  });
});
