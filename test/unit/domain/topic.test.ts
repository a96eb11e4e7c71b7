import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeSlack, splitGraphemes } from "../../../functions/domain/slack-text.ts";
import { sameTopic, topicDuring, topicToRestore } from "../../../functions/domain/topic.ts";

const template = "⚠️ {service} is being redeployed. Retrigger after 30 minutes. | {topic}";
const service = "Packit Service";
const before = "⚠️ Packit Service is being redeployed. Retrigger after 30 minutes.";

/** Texts with what is hard to cut: entities, emoji of several code points, combining marks, halves of pairs, refs. */
const texts = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "&",
        "<",
        ">",
        "👩‍👩‍👧‍👦",
        "e\u0301\u0302",
        "\ud83d",
        "\n",
        "\u0007",
        " ",
        "https://status.packit.dev/",
        "<@U123>",
      ),
      fc.constantFrom("a".repeat(100), "word ".repeat(40), "🏳️‍🌈".repeat(30)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

describe("the topic during a deployment", () => {
  it("holds the service and the topic before", () => {
    expect(topicDuring(template, { service, topic: "Status: all is well" })).toBe(
      `${before} | Status: all is well`,
    );
  });

  it("leaves the separator out where there was no topic", () => {
    expect(topicDuring(template, { service, topic: "  " })).toBe(before);
    expect(topicDuring("{topic} · {service} is redeployed", { service, topic: "" })).toBe(
      "Packit Service is redeployed",
    );
    expect(topicDuring("Redeploying ({topic})", { service, topic: "" })).toBe("Redeploying");
    expect(topicDuring("Redeploying | {topic} | {service}", { service, topic: "" })).toBe(
      "Redeploying | Packit Service",
    );
  });

  it("shortens the topic before at the end of a word", () => {
    const topic = topicDuring(template, { service, topic: "Questions about builds are welcome ".repeat(10) });
    expect(topic).toMatch(/^⚠️ Packit Service is being redeployed.* \| Questions about .*\w…$/u);
    expect(topic.length).toBeLessThanOrEqual(250);
    expect(topic.length).toBeGreaterThan(220);
  });

  it("counts what Slack counts: the escaped text", () => {
    const topic = topicDuring(template, { service, topic: "R&D ".repeat(60) });
    expect(escapeSlack(topic).length).toBeLessThanOrEqual(250);
  });

  it("never shows half of an address", () => {
    const topic = `${"x ".repeat(70)}https://status.packit.dev/a/very/long/address/that/does/not/fit`;
    expect(topicDuring(template, { service, topic })).not.toContain("http");
  });

  it("drops the topic before where next to nothing of it fits", () => {
    const long = `${"s".repeat(225)} | {topic}`;
    expect(topicDuring(long, { service, topic: "Status: https://status.packit.dev" })).toBe("s".repeat(225));
  });

  it("takes a topic with placeholders or patterns as text", () => {
    expect(topicDuring("{service}: {topic}", { service: "{topic}", topic: "$& {service}" })).toBe(
      "{topic}: $& {service}",
    );
  });

  it("is one line without control characters", () => {
    expect(topicDuring("{topic}", { service, topic: "two\r\nlines\tand\u0000more" })).toBe(
      "two lines and more",
    );
  });

  it("fits and never throws, whatever comes in", () => {
    fc.assert(
      fc.property(
        texts,
        texts,
        fc.oneof(
          fc.constant(template),
          texts,
          texts.map((t) => `${t}{topic}${t}`),
        ),
        (topic, name, form) => {
          const during = topicDuring(form, { service: name, topic });
          expect(during.length).toBeLessThanOrEqual(250);
          expect(escapeSlack(during).length).toBeLessThanOrEqual(250);
          expect(during).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
          expect(during.isWellFormed()).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("cuts between graphemes only", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("👩‍👩‍👧‍👦", "e\u0301\u0302", "🇨🇿", "x", "字"), {
          minLength: 1,
          maxLength: 300,
        }),
        (parts) => {
          const during = topicDuring(template, { service, topic: parts.join("") });
          const kept = splitGraphemes(during.slice(before.length + 3).replace(/…$/, ""));
          expect(kept).toEqual(parts.slice(0, kept.length));
        },
      ),
    );
  });
});

describe("the topic to restore", () => {
  const original = "Packit & friends";
  const ours = topicDuring(template, { service, topic: original });

  it("is the original while ours still stands", () => {
    expect(topicToRestore({ original, ours, now: ours })).toBe(original);
  });

  it("is the original when Slack returns ours in its own form", () => {
    const now = ours.replace("⚠️", ":warning:").replace("&", "&amp;");
    expect(topicToRestore({ original, ours, now })).toBe(original);
  });

  it("is nothing when a person changed the topic, or it is the original already", () => {
    expect(topicToRestore({ original, ours, now: "Outage at Copr" })).toBeNull();
    expect(topicToRestore({ original, ours, now: ours.replace("30", "60") })).toBeNull();
    expect(topicToRestore({ original, ours, now: ours.replace("⚠️", ":fire:") })).toBeNull();
    expect(topicToRestore({ original, ours, now: "" })).toBeNull();
    expect(topicToRestore({ original, ours, now: "Packit &amp; friends" })).toBeNull();
  });

  it("is an empty one where there was none", () => {
    expect(topicToRestore({ original: "", ours, now: ours })).toBe("");
  });

  it("never goes over what a person wrote", () => {
    fc.assert(
      fc.property(texts, texts, (topic, written) => {
        const mine = topicDuring(template, { service, topic });
        const restored = topicToRestore({ original: topic, ours: mine, now: written });
        if (!sameTopic(written, mine)) expect(restored).toBeNull();
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,20}$/), fc.nat(), (word, at) => {
        const position = at % ours.length;
        const edited = `${ours.slice(0, position)} ${word} ${ours.slice(position)}`;
        expect(topicToRestore({ original, ours, now: edited })).toBeNull();
      }),
    );
  });
});

describe("the same topic", () => {
  it.each([
    ["⚠️ Redeploying", ":warning: Redeploying"],
    ["⚠️ Redeploying", "⚠ Redeploying"],
    ["🦄 unknown to us", ":unicorn_face: unknown to us"],
    ["a < b & c", "a &lt; b &amp; c"],
    ["see https://packit.dev now", "see <https://packit.dev> now"],
    ["see packit.dev", "see <http://packit.dev|packit.dev>"],
    ["two  spaces ", "two spaces"],
    ["cafe\u0301", "café"],
    ["at 12:30:45", "at 12:30:45"],
  ])("%s is %s", (a, b) => {
    expect(sameTopic(a, b)).toBe(true);
    expect(sameTopic(b, a)).toBe(true);
  });

  it.each([
    ["⚠️ a", "🚀 a"],
    ["⚠️ a", ":rocket: a"],
    ["🦄 a", ":warning: a"],
    ["⚠️ a", "a"],
    [":one: a", ":two: a"],
    ["at 12:30:45", "at 12:31:45"],
  ])("%s is not %s", (a, b) => {
    expect(sameTopic(a, b)).toBe(false);
    expect(sameTopic(b, a)).toBe(false);
  });

  it("is every topic to itself, as Slack returns it", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(sameTopic(text, text)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!/[&<>]/.test(text));
        expect(sameTopic(`${text} & <b>`, escapeSlack(`${text} & <b>`))).toBe(true);
      }),
    );
  });
});
