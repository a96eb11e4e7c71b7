import { assertNode } from "./guard.ts";
import { BadCommand, help, readOptions } from "./options.ts";

/** The rehearsal's command. What it needs to rehearse is loaded only once the options are read. */
async function main(argv: string[]): Promise<number> {
  assertNode();
  try {
    const options = readOptions(argv);
    if (!options) {
      process.stdout.write(help);
      return 0;
    }
    const { rehearseOnce } = await import("./main.ts");
    return await rehearseOnce(options);
  } catch (thrown) {
    // By name, since the class of the configuration's error would load the configuration.
    if (!(thrown instanceof BadCommand) && (thrown as Error).name !== "BadConfiguration") throw thrown;
    process.stderr.write(`${(thrown as Error).message}\n`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
