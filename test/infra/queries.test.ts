import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { savedQueries } from "../../infra/aws/queries.ts";

/** The sources of the functions, in which every log code stands as it is or is made of the step's and its ending. */
const sources = readdirSync("functions", { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => readFileSync(`functions/${file}`, "utf8"))
  .join("\n");
const madeUp = ["wait.resumed"];

describe("the saved queries", () => {
  it.each(savedQueries.flatMap(({ codes = [] }) => codes))("ask for %s, which is logged", (code) => {
    if (madeUp.includes(code)) expect(sources).toContain(`log(\`${code.split(".")[0]}.\${`);
    else expect(sources).toContain(`"${code}"`);
  });

  it("ask by codes, and never by prose", () => {
    for (const { where = "" } of savedQueries) expect(where).not.toMatch(/@message|level/);
  });
});
