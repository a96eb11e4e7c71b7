import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalog } from "../../functions/catalog.ts";
import { parseConfig } from "../../functions/runtime/config.ts";
import { secretSchemas } from "../../functions/runtime/secrets.ts";
import { type Bundle, bundleFunctions } from "../../infra/bundle.ts";
import { packit } from "../../infra/config/packit.ts";
import { drawFlows } from "../../infra/flow-drawing.ts";
import { synthesize, type Template } from "../support/stack.ts";

const config = parseConfig(packit);
/** They grow with the catalog, and a machine may be busy with other files. */
const patience = 180_000;
let scratch: string;
let bundles: Record<string, Bundle>;
let template: Template;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "stablehand-bundles-"));
  bundles = await bundleFunctions(catalog, config, join(scratch, "one"));
  template = synthesize({ bundles });
}, patience);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the bundles", () => {
  it(
    "are one for each entry of the catalog, each with its handler, on Node alone",
    async () => {
      expect(Object.keys(bundles)).toEqual(Object.keys(catalog));
      const script = `for (const file of process.argv.slice(1)) console.log(typeof (await import(file)).handler)`;
      const files = Object.values(bundles).map(({ file }) => file);
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--input-type=module", "--eval", script, ...files],
        { cwd: scratch, env: {} },
      );
      expect(stdout).toBe("function\n".repeat(files.length));
    },
    patience,
  );

  it("hold the configuration, as the functions read it", () => {
    for (const { directory } of Object.values(bundles)) {
      expect(parseConfig(JSON.parse(readFileSync(join(directory, "config.json"), "utf8")))).toEqual(config);
    }
  });

  it("hold the drawings of the flows where a function shows them, and nowhere else", () => {
    for (const [name, { directory }] of Object.entries(bundles)) {
      const file = join(directory, "drawings.json");
      expect([name, existsSync(file)]).toEqual([name, catalog[name]?.drawsFlows === true]);
      if (existsSync(file)) expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(drawFlows());
    }
  });

  it("bring a source map for every module, whose paths lead into the project", () => {
    for (const { directory } of Object.values(bundles)) {
      for (const module of readdirSync(directory).filter((each) => each.endsWith(".mjs"))) {
        expect(readFileSync(join(directory, module), "utf8")).toMatch(`sourceMappingURL=${module}.map`);
        const { sources } = JSON.parse(readFileSync(join(directory, `${module}.map`), "utf8")) as {
          sources: string[];
        };
        // Those of libraries come from maps of their own.
        for (const each of sources.filter((path) => !path.includes("node_modules"))) {
          expect(existsSync(join("bundles", each)), each).toBe(true);
        }
      }
    }
  });

  it(
    "and the template are the same when they are made again, elsewhere",
    async () => {
      const again = await bundleFunctions(catalog, config, join(scratch, "far", "away"));
      expect(synthesize({ bundles: again })).toEqual(template);
    },
    patience,
  );

  it("put no value of a secret into the template: the only mention of each is its name and its shape", () => {
    const text = JSON.stringify(template);
    expect(text).not.toContain("SecretString");
    for (const name of Object.keys(secretSchemas)) expect(text).toContain(`"stablehand/${name}"`);
    expect(text).not.toMatch(/-----BEGIN|xox[bp]-|ghs_|Bearer /);
  });
});
