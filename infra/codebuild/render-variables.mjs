import { readFileSync, writeFileSync } from "node:fs";

/**
 * Makes the playbook's variables from their template, with API_KEY in its place; prints the cluster's address. The
 * playbook allows no other difference to the template than in lines with `api_key`.
 */

const [, , template, target] = process.argv;
const { API_KEY } = process.env;

function fail(problem) {
  process.stderr.write(`render-variables: ${problem}\n`);
  process.exit(1);
}

const lines = readFileSync(template, "utf8").split("\n");
const place = lines.findIndex((line) => line.startsWith("api_key:"));
const [host] = lines.flatMap((line) => /^host:\s*["']?(https:\/\/[\w.:/-]+)["']?\s*$/.exec(line)?.[1] ?? []);
if (place === -1) fail(`${template} has no line api_key`);
if (!host) fail(`${template} has no line host with an address`);
// A text of JSON is one of YAML, too.
lines[place] = `api_key: ${JSON.stringify(API_KEY)}`;
writeFileSync(target, lines.join("\n"), { mode: 0o600 });
process.stdout.write(host);
