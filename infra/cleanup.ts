import { assertNode } from "./local/guard.ts";

assertNode();
const { cleanupCommand } = await import("./cleanup-command.ts");

process.exitCode = await cleanupCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
