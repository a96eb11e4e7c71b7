import { assertNode } from "./local/guard.ts";

assertNode();
const { rollbackCommand } = await import("./rollback-command.ts");

process.exitCode = await rollbackCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
