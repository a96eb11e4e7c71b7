import { assertNode } from "./local/guard.ts";

assertNode();
const { doctorCommand } = await import("./doctor-command.ts");

process.exitCode = await doctorCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
