import { createServer } from "node:net";
import { BadCommand } from "./options.ts";

/** Links stay the same from one rehearsal to the next while this one is free. */
const usual = 4680;

/**
 * The port for pages and webhooks: the one that was asked for, else the usual one, else any free one (0).
 * @throws BadCommand when another program has the one that was asked for.
 */
export async function choosePort(asked: number | null): Promise<number> {
  if (asked === null) return (await isFree(usual)) ? usual : 0;
  if (asked === 0 || (await isFree(asked))) return asked;
  throw new BadCommand(`The port ${asked} is in use. Stop what uses it, or choose another one: --port N.`);
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return await new Promise((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
