import type { ConfigInput } from "../../functions/runtime/config.ts";
import { example } from "./example.ts";
import { packit } from "./packit.ts";

/** Every team's configuration, by the name that `npm start -- --config` takes. */
export const configs = { packit, example } satisfies Record<string, ConfigInput>;

export type ConfigName = keyof typeof configs;

/** The one that is deployed, and rehearsed unless another one is named. */
export const deployed: ConfigName = "packit";
