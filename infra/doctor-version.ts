import { DescribeStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { about, type Finding } from "../functions/domain/doctor.ts";
import { environment } from "../functions/runtime/environment.ts";
import { flows } from "./aws/state-machines.ts";

/**
 * Whether the live system's flow is the one in this folder: who looks with other code than what is deployed may be told
 * of what does not matter there, or not of what does.
 */
export async function examineFlow(): Promise<Finding> {
  const finding = about("aws.flow", "Deployed state machine");
  const client = new SFNClient({ maxAttempts: 2 });
  try {
    const stateMachineArn = environment("STABLEHAND_STATE_MACHINE");
    const { definition = "{}" } = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    const ours = flows().find(({ name }) => name === "weekly-deployment")?.definition;
    if (shapeOf(JSON.parse(definition)) === shapeOf(ours)) return finding.ok("It is the one in this folder.");
    return finding.warning({
      summary: "The deployed state machine is not the one in this folder.",
      remedy: "npm run deploy, or look with the version that is deployed.",
    });
  } catch (thrown) {
    const { name } = thrown as Error;
    return finding.failed({
      summary: `Step Functions does not show the state machine (${name}).`,
      remedy: "Check STABLEHAND_STATE_MACHINE, AWS_REGION, and that your credentials may describe it.",
    });
  } finally {
    client.destroy();
  }
}

/** A definition with functions by their names in the catalog, however they were put in, and keys in one order. */
function shapeOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === "string") return functionName(each);
    if (typeof each !== "object" || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** `arn:…:function:stablehand-OpenRun:7` and `${OpenRun}` → `OpenRun`. */
function functionName(text: string): string {
  const [, deployed] = /^arn:[^:]+:lambda:[^:]*:\d*:function:(?:.*-)?(\w+)(?::[\w$]+)?$/.exec(text) ?? [];
  return deployed ?? text.replace(/^\$\{(\w+)\}$/, "$1");
}
