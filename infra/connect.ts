import { createInterface } from "node:readline/promises";
import { assertNode } from "./local/guard.ts";

assertNode();
const { connectCommand } = await import("./connect-command.ts");

process.exitCode = await connectCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  async confirm(question) {
    if (!process.stdin.isTTY) return false;
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
    } finally {
      terminal.close();
    }
  },
});
