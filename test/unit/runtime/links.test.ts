import fc from "fast-check";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BadInput } from "../../../functions/runtime/errors.ts";
import { forgetLazyValues } from "../../../functions/runtime/lazy.ts";
import {
  buttonValue,
  controlButton,
  controlLink,
  personalLink,
  questionButton,
  questionLink,
  verifyButton,
  verifyControlButton,
  verifyControlLink,
  verifyLink,
  verifyQuestionButton,
  verifyQuestionLink,
} from "../../../functions/runtime/links.ts";
import type { AwsJsonServer } from "../../../infra/local/aws-json.ts";
import { startSecretsManager } from "../../../infra/local/secrets-manager.ts";

const current = "current-signing-key-0123456789abcdefgh";
const previous = "previous-signing-key-0123456789abcdefg";
const foreign = "a-stranger's-signing-key-0123456789abcd";

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const link = { login: "ada", run: "weekly-2026-11-23", question: "approval-1", plan: "digest" };
const button = { run: link.run, question: link.question, plan: link.plan, answer: "approve" as const };

let server: AwsJsonServer | undefined;

async function useKeys(...signingKeys: string[]): Promise<void> {
  await server?.close();
  server = await startSecretsManager({ "stablehand/links": { signingKeys } });
  Object.assign(process.env, {
    AWS_REGION: "local",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url,
    STABLEHAND_SECRETS: "stablehand/",
    STABLEHAND_URL: "https://stablehand.test",
  });
  forgetLazyValues();
}

async function linkToken(changes: Partial<typeof link & { expiresAt: string }> = {}): Promise<string> {
  const url = new URL(await personalLink({ ...link, expiresAt: inAnHour(), ...changes }));
  return url.searchParams.get("token") ?? "";
}

function signed(claims: Record<string, unknown>, key: string, alg = "HS256"): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key));
}

const epoch = (minutes: number) => Math.floor(Date.now() / 1000) + minutes * 60;

beforeAll(async () => await useKeys(current, previous));
afterAll(async () => await server?.close());

describe("a personal link", () => {
  test("leads to the approval page and binds person, run, question and plan", async () => {
    const url = new URL(await personalLink({ ...link, expiresAt: inAnHour() }));
    expect(url.origin + url.pathname).toBe("https://stablehand.test/approval");
    const { login: sub, ...rest } = link;
    expect(await verifyLink(url.searchParams.get("token") ?? "")).toEqual({
      ok: true,
      claims: { sub, ...rest },
    });
  });

  test("is expired after its time", async () => {
    const token = await linkToken({ expiresAt: new Date(Date.now() - 1000).toISOString() });
    expect(await verifyLink(token)).toEqual({ ok: false, why: "expired" });
  });

  test("is invalid as soon as anything in it is changed", async () => {
    const token = await linkToken();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom(..."ABCxyz019-_."),
        async (at, character) => {
          // The last character of a base64url part may hold bits that say nothing.
          const next = token[at + 1];
          fc.pre(token[at] !== character && next !== "." && next !== undefined);
          const changed = token.slice(0, at) + character + token.slice(at + 1);
          expect(await verifyLink(changed)).toEqual({ ok: false, why: "invalid" });
        },
      ),
    );
  });

  test("is invalid as any other text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200 }), async (text) => {
        expect(await verifyLink(text)).toEqual({ ok: false, why: "invalid" });
      }),
    );
    expect(await verifyLink("a.".repeat(100_000))).toEqual({ ok: false, why: "invalid" });
  });

  test("of another key is invalid, also when it is expired", async () => {
    const claims = { ...button, sub: "ada", aud: "stablehand/link" };
    for (const exp of [epoch(60), epoch(-60)]) {
      const token = await signed({ ...claims, exp }, foreign);
      expect(await verifyLink(token)).toEqual({ ok: false, why: "invalid" });
    }
  });

  test.each([
    ["another algorithm", { exp: epoch(60) }, "HS512"],
    ["no end", {}, "HS256"],
    ["no person", { exp: epoch(60), sub: undefined }, "HS256"],
    ["another audience", { exp: epoch(60), aud: "stablehand/other" }, "HS256"],
  ])("with %s is invalid, even by our own key", async (_, changes, alg) => {
    const claims = { ...button, sub: "ada", aud: "stablehand/link", ...changes };
    expect(await verifyLink(await signed(claims, current, alg))).toEqual({ ok: false, why: "invalid" });
  });

  test("without a signature is invalid", async () => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { ...button, sub: "ada", aud: "stablehand/link", exp: epoch(60) };
    const token = `${encode({ alg: "none" })}.${encode(claims)}.`;
    expect(await verifyLink(token)).toEqual({ ok: false, why: "invalid" });
  });

  test("survives one rotation of the key, and not a second one", async () => {
    const token = await linkToken();
    await useKeys("next-signing-key-0123456789abcdefghijk", current);
    expect(await verifyLink(token)).toMatchObject({ ok: true });
    await useKeys("next-but-one-signing-key-0123456789abcd", "next-signing-key-0123456789abcdefghijk");
    expect(await verifyLink(token)).toEqual({ ok: false, why: "invalid" });
    await useKeys(current, previous);
  });
});

describe("a button", () => {
  test("binds run, question, plan and answer, and fits into Slack's limit", async () => {
    const value = await buttonValue({ ...button, expiresAt: inAnHour() });
    expect(value.length).toBeLessThan(2000);
    expect(await verifyButton(value)).toEqual({ ok: true, claims: { ...button, minutes: null } });
  });

  test("may say for how long to postpone", async () => {
    const value = await buttonValue({ ...button, answer: "postpone", minutes: 30, expiresAt: inAnHour() });
    expect(await verifyButton(value)).toMatchObject({ claims: { answer: "postpone", minutes: 30 } });
  });

  test("does not pass for a link, nor a link for a button", async () => {
    const value = await buttonValue({ ...button, expiresAt: inAnHour() });
    expect(await verifyLink(value)).toEqual({ ok: false, why: "invalid" });
    expect(await verifyButton(await linkToken())).toEqual({ ok: false, why: "invalid" });
  });

  test("that Slack would refuse is an error", async () => {
    const long = { ...button, run: "r".repeat(2000), expiresAt: inAnHour() };
    await expect(buttonValue(long)).rejects.toThrow(BadInput);
  });
});

const tokenOf = (url: string) => new URL(url).searchParams.get("token") ?? "";
const asked = { run: link.run, question: "MoveStable/packit-1" };

/** Every kind of token: how it is made, and what it says when it is read as what it is. */
const kinds = {
  approvalLink: {
    make: async (expiresAt: string) => tokenOf(await personalLink({ ...link, expiresAt })),
    verify: verifyLink,
    claims: { sub: "ada", run: link.run, question: link.question, plan: link.plan },
  },
  approvalButton: {
    make: async (expiresAt: string) => await buttonValue({ ...button, expiresAt }),
    verify: verifyButton,
    claims: { ...button, minutes: null },
  },
  questionLink: {
    make: async (expiresAt: string) => tokenOf(await questionLink({ login: "ada", ...asked, expiresAt })),
    verify: verifyQuestionLink,
    claims: { sub: "ada", ...asked },
  },
  questionButton: {
    make: async (expiresAt: string) => await questionButton({ ...asked, answer: "skip", expiresAt }),
    verify: verifyQuestionButton,
    claims: { ...asked, answer: "skip" },
  },
  controlLink: {
    make: async (expiresAt: string) => tokenOf(await controlLink({ login: "ada", run: link.run, expiresAt })),
    verify: verifyControlLink,
    claims: { sub: "ada", run: link.run },
  },
  controlButton: {
    make: async (expiresAt: string) => await controlButton({ run: link.run, action: "veto", expiresAt }),
    verify: verifyControlButton,
    claims: { run: link.run, action: "veto" },
  },
};
const all = Object.entries(kinds);

describe("a token", () => {
  test.each(all)("%s says what it binds, until it expires", async (_, { make, verify, claims }) => {
    expect(await verify(await make(inAnHour()))).toEqual({ ok: true, claims });
    const past = new Date(Date.now() - 1000).toISOString();
    expect(await verify(await make(past))).toEqual({ ok: false, why: "expired" });
  });

  test.each(all)("%s passes for no other kind", async (name, { make }) => {
    for (const token of [await make(inAnHour()), await make(new Date(Date.now() - 1000).toISOString())]) {
      for (const [other, { verify }] of all) {
        if (other === name) continue;
        expect(await verify(token), `as ${other}`).toEqual({ ok: false, why: "invalid" });
      }
    }
  });

  test.each(all)(
    "%s of another key, or that says something else, is invalid",
    async (_, { verify, make }) => {
      const [, payload = ""] = (await make(inAnHour())).split(".");
      const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
      expect(await verify(await signed(claims, current))).toMatchObject({ ok: true });
      expect(await verify(await signed(claims, foreign))).toEqual({ ok: false, why: "invalid" });
      const changed = { ...claims, answer: "elsewhere", action: "elsewhere", sub: 7 };
      expect(await verify(await signed(changed, current))).toEqual({ ok: false, why: "invalid" });
      expect(await verify(await signed({ ...claims, run: "" }, current))).toEqual({
        ok: false,
        why: "invalid",
      });
    },
  );

  test("leads to its own page", async () => {
    const expiresAt = inAnHour();
    const paths = [
      await questionLink({ login: "ada", ...asked, expiresAt }),
      await controlLink({ login: "ada", run: link.run, expiresAt }),
    ].map((url) => new URL(url).origin + new URL(url).pathname);
    expect(paths).toEqual(["https://stablehand.test/question", "https://stablehand.test/control"]);
  });

  test("of a button that Slack would refuse is an error", async () => {
    const run = "r".repeat(2000);
    const expiresAt = inAnHour();
    await expect(questionButton({ ...asked, run, answer: "retry", expiresAt })).rejects.toThrow(BadInput);
    await expect(controlButton({ run, action: "stop", expiresAt })).rejects.toThrow(BadInput);
  });
});
