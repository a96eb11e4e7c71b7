import { fileURLToPath } from "node:url";
import { flows } from "../aws/state-machines.ts";
import type { Definition } from "../local/step-functions/definition.ts";
import { flowSection } from "./flow.ts";
import { settingsTable } from "./settings.ts";

/** A part of a file that `npm run docs` writes. */
export interface Generated {
  /** Path. */
  file: string;
  marker: string;
  text: string;
}

/** What documentation is made from the code itself, so that it cannot say something else. */
export function generated(): Generated[] {
  const path = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));
  return [
    { file: path("infra/config/README.md"), marker: "settings", text: settingsTable() },
    {
      file: path("statemachine/README.md"),
      marker: "flows",
      text: flows()
        .map(({ name, definition }) => flowSection(name, definition as Definition))
        .join(""),
    },
  ];
}

/**
 * Replaces what stands between the markers `<!-- <marker>: npm run docs -->` and `<!-- end -->`.
 * @throws Error when the file lacks them.
 */
export function withGenerated(content: string, marker: string, text: string): string {
  const begin = `<!-- ${marker}: npm run docs -->\n`;
  const from = content.indexOf(begin);
  const to = content.indexOf("<!-- end -->", from);
  if (from < 0 || to < 0)
    throw new Error(`The markers of "${marker}" are missing: ${begin.trim()} … <!-- end -->`);
  return `${content.slice(0, from)}${begin}${text}${content.slice(to)}`;
}
