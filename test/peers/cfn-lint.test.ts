import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { synthesize } from "../support/stack.ts";

interface Finding {
  Rule: { Id: string };
  Level: string;
  Message: string;
  Location: { Path: (string | number)[] | null };
}

/** What cfn-lint may say, and why it does not matter. */
const explained: Record<string, string> = {
  W3005:
    "CDK writes down that a resource depends on its role or policy beside the reference that says so already.",
};

const everySetting = {
  alarmEmail: "team@example.org",
  domainName: "stablehand.example.org",
  certificateArn: "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
  vpcId: "vpc-0123abcd",
  subnetIds: "subnet-01234567,subnet-89abcdef",
};

test.each([
  ["as it is installed first", {}],
  ["with every setting", everySetting],
])("cfn-lint finds nothing in the template %s", async (_name, context) => {
  const findings = await lint(synthesize({ context }));

  const said = findings.map(({ Rule, Level, Message, Location }) => ({
    rule: Rule.Id,
    said: `${Level} at ${Location.Path?.join("/") ?? "the template"}: ${Message}`,
  }));
  expect(said.filter(({ rule }) => !(rule in explained))).toEqual([]);
  // An explanation of what is not said any more would hide what comes.
  expect(said.map(({ rule }) => rule)).toEqual(expect.arrayContaining(Object.keys(explained)));
});

async function lint(template: object): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), "stablehand-lint-"));
  try {
    const file = join(folder, "template.json");
    writeFileSync(file, JSON.stringify(template));
    return JSON.parse(await cfnLint(file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Its exit code only repeats what the findings say. */
async function cfnLint(file: string): Promise<string> {
  const python = process.env.PEERS_PYTHON ?? "";
  const program = join(dirname(python), "cfn-lint");
  return await new Promise((resolve, reject) => {
    // By its interpreter: the path in its first line is the one where it was installed before it got its name.
    const options = [program, "--format", "json", "--regions", "eu-central-1", "--", file];
    execFile(python, options, (error, stdout, stderr) => {
      if (stdout.startsWith("[")) resolve(stdout);
      else reject(error ?? new Error(`cfn-lint said: ${stderr}`));
    });
  });
}
