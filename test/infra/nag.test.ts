import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { App, Stack, Validations } from "aws-cdk-lib/core";
import { AwsSolutionsChecks } from "cdk-nag";
import type { IConstruct } from "constructs";
import { describe, expect, it, onTestFinished } from "vitest";
import { synthesize } from "../support/stack.ts";

/** Rules of AWS Solutions, by cdk-nag. A finding is mended, or accepted where it arises, with the reason. */
describe("cdk-nag and CloudFormation's own rules", () => {
  const settings = [
    {},
    {
      domainName: "stablehand.example.org",
      certificateArn: "arn:aws:acm:eu-central-1:000000000000:certificate/1",
      vpcId: "vpc-0123abcd",
      subnetIds: "subnet-0123abcd",
      alarmEmail: "team@example.org",
    },
    { keptTable: "stablehand-StoreTable-1" },
  ];

  it.each(settings)("find nothing that is not explained, in a sentence, with %j", (context) => {
    const accepted: Acknowledged[] = [];
    synthesize({
      context,
      validate: true,
      prepare: ({ app, stack }) => {
        Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
        accepted.push(...stack.node.findAll().flatMap(acknowledgements));
      },
    });
    const rules = new Set(accepted.map(({ id }) => id.replace(/^Annotation::|\[.*/gs, "")));
    const possible = ["AwsSolutions-SMG4", "AwsSolutions-SQS3", "AwsSolutions-APIG4", "AwsSolutions-IAM5"];
    expect([...rules].filter((each) => !possible.includes(each))).toEqual([]);
    for (const { reason } of accepted) expect(reason).toMatch(/^[A-Z].{30,}\.$/);
  });

  it("would find something", () => {
    const outdir = mkdtempSync(join(tmpdir(), "stablehand-nag-"));
    onTestFinished(() => rmSync(outdir, { recursive: true }));
    const app = new App({ outdir });
    new Bucket(new Stack(app, "Bad"), "Open");
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).toThrow("AwsSolutions-S1");
  });
});

interface Acknowledged {
  id: string;
  reason: string;
}

function acknowledgements(construct: IConstruct): Acknowledged[] {
  return construct.node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) =>
      Object.entries(data as Record<string, string>).map(([id, reason]) => ({ id, reason })),
    );
}
