import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FlowDrawing } from "../domain/flow-drawing.ts";
import { environment } from "./environment.ts";
import { BadConfiguration, messageOf } from "./errors.ts";
import { lazy } from "./lazy.ts";

/** Stands beside the configuration, in the bundles of the functions that draw flows. */
export const drawingsFile = "drawings.json";

/**
 * The drawings of all flows, read once per container.
 * @throws BadConfiguration when they are not in the bundle.
 */
export const drawings = lazy((): FlowDrawing[] => {
  const path = join(dirname(environment("STABLEHAND_CONFIG")), drawingsFile);
  try {
    return JSON.parse(readFileSync(path, "utf8")) as FlowDrawing[];
  } catch (cause) {
    throw new BadConfiguration(`The drawings of the flows cannot be read: ${messageOf(cause)}`, { cause });
  }
});
