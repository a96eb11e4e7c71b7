import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2 } from "aws-lambda";
import { afterEach, describe, expect, test } from "vitest";
import { type HttpApi, type HttpApiOptions, startHttpApi } from "../../infra/local/http-api.ts";

let api: HttpApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

interface Call {
  name: string;
  event: APIGatewayProxyEventV2;
}

/** An API whose Lambdas all answer `result`; returns what they were called with. */
async function start(
  result: APIGatewayProxyResultV2 = { statusCode: 204 },
  options: Partial<HttpApiOptions> = {},
): Promise<Call[]> {
  const calls: Call[] = [];
  api = await startHttpApi({
    port: 0,
    invoke: async (name, event) => {
      calls.push({ name, event });
      return result;
    },
    ...options,
  });
  return calls;
}

const url = (path: string) => `${api?.url}${path}`;

describe("a request becomes an event of API Gateway", () => {
  test("method, path, query, headers, cookies and sender", async () => {
    const calls = await start();
    await fetch(url("/approval?token=a%20b&x=1&x=2"), {
      headers: { "X-Custom": "Value", cookie: "a=1; b=2", "user-agent": "test" },
    });
    expect(calls).toMatchObject([
      {
        name: "Pages",
        event: {
          version: "2.0",
          rawPath: "/approval",
          rawQueryString: "token=a%20b&x=1&x=2",
          queryStringParameters: { token: "a b", x: "1,2" },
          headers: { "x-custom": "Value" },
          cookies: ["a=1", "b=2"],
          requestContext: {
            http: { method: "GET", path: "/approval", sourceIp: "127.0.0.1", userAgent: "test" },
          },
          isBase64Encoded: false,
        },
      },
    ]);
    expect(calls[0]?.event.headers).not.toHaveProperty("cookie");
    expect(calls[0]?.event.body).toBeUndefined();
  });

  test("headers that come twice are joined", async () => {
    const calls = await start();
    await new Promise((resolve) => {
      const sending = request(url("/x"), (response) => response.resume().on("end", resolve));
      sending.setHeader("X-Twice", ["one", "two"]);
      sending.end();
    });
    expect(calls[0]?.event.headers["x-twice"]).toBe("one,two");
  });

  test.each([
    ["application/json", false],
    ["application/json; charset=utf-8", false],
    ["text/plain", false],
    ["application/x-www-form-urlencoded", true],
    ["application/octet-stream", true],
    [undefined, true],
  ])("a body of type %s: base64 is %s", async (type, base64) => {
    const calls = await start();
    const bytes = Buffer.from("a=ü");
    const headers: Record<string, string> = type ? { "content-type": type } : {};
    await fetch(url("/webhooks/github"), { method: "POST", headers, body: bytes });
    const [{ name, event }] = calls as [Call];
    expect(name).toBe("Webhooks");
    expect(event.isBase64Encoded).toBe(base64);
    expect(event.body).toBe(bytes.toString(base64 ? "base64" : "utf8"));
  });
});

describe("a result becomes an answer", () => {
  test("status, headers, cookies and a body in base64", async () => {
    const bytes = Buffer.from([0, 255, 7]);
    const headers = { "content-type": "application/octet-stream", "x-number": 1 };
    const cookies = ["a=1; HttpOnly", "b=2"];
    await start({ statusCode: 201, headers, cookies, body: bytes.toString("base64"), isBase64Encoded: true });
    const response = await fetch(url("/"));
    expect(response.status).toBe(201);
    expect(response.headers.get("x-number")).toBe("1");
    expect(response.headers.getSetCookie()).toEqual(cookies);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
  });

  test("without a status it is the JSON of a 200", async () => {
    await start({ hello: "there" } as APIGatewayProxyResultV2);
    const response = await fetch(url("/"));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ hello: "there" });
  });

  test("a Lambda that throws: 500, told to the operator and to nobody else", async () => {
    const told: unknown[] = [];
    await start(undefined, {
      invoke: async () => {
        throw new Error("secret detail");
      },
      onError: (name, thrown) => told.push([name, thrown]),
    });
    const response = await fetch(url("/"));
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: "Internal Server Error" });
    expect(told).toEqual([["Pages", expect.objectContaining({ message: "secret detail" })]]);
  });

  test("more than 10 MB never reaches a Lambda: 413", async () => {
    const calls = await start();
    const body = Buffer.alloc(10 * 1024 * 1024 + 1);
    const response = await fetch(url("/webhooks/github"), { method: "POST", body });
    expect(response.status).toBe(413);
    expect(calls).toEqual([]);
  });
});

describe("beside the API", () => {
  test("a mounted part gets its own paths and no others", async () => {
    const calls = await start(undefined, {
      mount: { "/console": (incoming) => new Response(new URL(incoming.url).pathname) },
    });
    for (const path of ["/console", "/console/runs/1"]) {
      expect(await (await fetch(url(path))).text()).toBe(path);
    }
    await fetch(url("/consoles"));
    expect(calls.map((each) => each.event.rawPath)).toEqual(["/consoles"]);
  });

  test("a port that is taken is told by its number", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const starting = startHttpApi({ port, invoke: async () => ({}) });
    await expect(starting).rejects.toThrow(`Port ${port} is in use by another program`);
    await new Promise((resolve) => other.close(resolve));
  });

  test("closing ends connections that are kept open", async () => {
    await start();
    await fetch(url("/"));
    await api?.close();
    await expect(fetch(url("/"))).rejects.toThrow();
    api = undefined;
  });
});
