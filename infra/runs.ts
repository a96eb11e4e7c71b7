import { assertNode } from "./local/guard.ts";

assertNode();
const { runsCommand } = await import("./runs-command.ts");

process.exitCode = await runsCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
