import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  code,
  escapeSlack,
  escapeWithin,
  link,
  mention,
  oneLine,
  plainFromSlack,
  plainToSlack,
  splitGraphemes,
  truncate,
} from "../../../functions/domain/slack-text.ts";

const anyText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom("<!channel>", "<@U1|x>", "&lt;!here&gt;", "a|b>c"),
);

describe("text for Slack", () => {
  it("makes mentions and links of strangers harmless", () => {
    expect(escapeSlack("<!channel> <@U123> <https://x|y> & co")).toBe(
      "&lt;!channel&gt; &lt;@U123&gt; &lt;https://x|y&gt; &amp; co",
    );
    fc.assert(
      fc.property(anyText, (text) => {
        expect(escapeSlack(text)).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/);
      }),
    );
  });

  it("comes back as it was", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        fc.pre(text.isWellFormed());
        expect(plainFromSlack(escapeSlack(text))).toBe(text);
      }),
    );
  });

  it("keeps mentions of people and channels on the way back, and no others", () => {
    expect(plainToSlack("ask <@U012AB3CD> in <#C012|packit> & <!here>")).toBe(
      "ask <@U012AB3CD> in <#C012|packit> &amp; &lt;!here&gt;",
    );
    expect(plainFromSlack("<!here> <!subteam^S1|@team> <https://a.b?c&amp;d>")).toBe(
      "@here @team https://a.b?c&d",
    );
  });

  it("is cut to a limit between graphemes", () => {
    expect(truncate("short", 5)).toBe("short");
    expect(truncate("too long", 5)).toBe("too…");
    expect(truncate("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 13)).toBe("👩‍👩‍👧‍👦…");
    fc.assert(
      fc.property(anyText, fc.nat(30), (text, limit) => {
        const cut = truncate(text, limit);
        expect(cut.length).toBeLessThanOrEqual(limit);
        if (cut === text || cut === "") return;
        const kept = splitGraphemes(cut.slice(0, -1));
        expect(splitGraphemes(text).slice(0, kept.length)).toEqual(kept);
      }),
    );
  });

  it("is cut without cutting an entity", () => {
    expect(escapeWithin("a&b&c", 8)).toBe("a&amp;b…");
    fc.assert(
      fc.property(anyText, fc.nat(30), (text, limit) => {
        const cut = escapeWithin(text, limit);
        expect(cut.length).toBeLessThanOrEqual(limit);
        expect(cut).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/);
      }),
    );
  });

  it("makes one line of many", () => {
    expect(oneLine(" a\r\n\tb\u2028c\u0000 ")).toBe("a b c");
  });

  it("turns no line around", () => {
    expect(oneLine("Fix \u202egnihtyna\u202c \u2066x\u2069\u200f")).toBe("Fix gnihtyna x");
    expect(oneLine("תיקון באג")).toBe("תיקון באג");
  });
});

describe("mrkdwn", () => {
  it("links with a label that cannot break out", () => {
    expect(link("https://x.y/?a=1&b=2", "a > b | c\nd")).toBe("<https://x.y/?a=1&amp;b=2|a &gt; b ¦ c d>");
    expect(link("https://x.y/a b>c|d", "z")).toBe("<https://x.y/a%20b%3Ec%7Cd|z>");
  });

  it("links nothing but web addresses", () => {
    expect(link("javascript:alert(1)", "click")).toBe("click");
    expect(link("mailto:a@b.c", "write")).toBe("write");
  });

  it("is well-formed for any address and label", () => {
    fc.assert(
      fc.property(anyText, anyText, (address, label) => {
        expect(link(`https://x.y/${address}`, label)).toMatch(
          /^<https:\/\/x\.y\/[^<>|\s]*\|[^<>|]+>$|^[^<>|]*$/,
        );
      }),
    );
  });

  it("shows code and mentions", () => {
    expect(code("a`b\n<c>")).toBe("`a'b &lt;c&gt;`");
    expect(mention("U012AB3CD")).toBe("<@U012AB3CD>");
    expect(mention("!channel")).toBe("!channel");
  });
});
