import { assertNode } from "./local/guard.ts";

assertNode();
// CloudFormation's own rules take as long as everything else together: npm test and npm run deploy ask for them.
process.env.CDK_VALIDATION ??= "false";
// Loaded only on the Node that can.
await (await import("./aws/synthesize.ts")).main();
