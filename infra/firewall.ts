import { assertNode } from "./local/guard.ts";

assertNode();
const { firewallCommand } = await import("./firewall-command.ts");

process.exitCode = await firewallCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
