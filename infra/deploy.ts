import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { assertNode } from "./local/guard.ts";

assertNode();
const { deploy } = await import("./aws/deploy.ts");

process.exitCode = await deploy(process.argv.slice(2), {
  async cdk(args) {
    const cli = fileURLToPath(new URL("../node_modules/aws-cdk/bin/cdk", import.meta.url));
    const child = spawn(process.execPath, [cli, ...args], {
      stdio: "inherit",
      env: { ...process.env, CDK_DISABLE_VERSION_CHECK: "true", CDK_VALIDATION: "true" },
    });
    const [code] = (await once(child, "exit")) as [number | null];
    return code ?? 1;
  },
  write: (text) => process.stdout.write(text),
});
