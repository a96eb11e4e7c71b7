import { assertNode } from "./local/guard.ts";

assertNode();
const { generated, withGenerated } = await import("./docs/generate.ts");
const { readFile, writeFile } = await import("node:fs/promises");

for (const { file, marker, text } of generated()) {
  const before = await readFile(file, "utf8");
  const after = withGenerated(before, marker, text);
  if (after === before) continue;
  await writeFile(file, after);
  process.stdout.write(`${file}: ${marker} written anew\n`);
}
