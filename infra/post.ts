import { assertNode } from "./local/guard.ts";

assertNode();
const { postCommand } = await import("./post-command.ts");

process.exitCode = await postCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
