import { assertNode } from "./guard.ts";
import { BadCommand, help, readOptions } from "./options.ts";
import { paint, View } from "./view.ts";

/** The rehearsal's command. What it needs to rehearse takes its time to load, so the first line is printed before. */
async function main(argv: string[]): Promise<number> {
  assertNode();
  const view = new View();
  try {
    const options = readOptions(argv);
    if (!options) {
      process.stdout.write(help);
      return 0;
    }
    view.line(
      `${paint("bold", "Stablehand")} rehearses a weekly deployment, ${options.speed} times faster than life`,
    );
    view.start("starting");
    const { rehearseOnce } = await import("./main.ts");
    return await rehearseOnce(options, view);
  } catch (thrown) {
    // By name, since the class of the configuration's error would load the configuration.
    if (!(thrown instanceof BadCommand) && (thrown as Error).name !== "BadConfiguration") throw thrown;
    view.stop();
    process.stderr.write(`${(thrown as Error).message}\n`);
    // The parts of the world that did start would keep the process alive.
    process.exit(2);
  } finally {
    view.stop();
  }
}

process.exitCode = await main(process.argv.slice(2));
