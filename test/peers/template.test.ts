import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Moto, startMoto } from "../support/moto.ts";
import { ofType, synthesize } from "../support/stack.ts";

const template = synthesize();
const at = { region: "eu-central-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };

let moto: Moto;
beforeAll(async () => {
  moto = await startMoto(process.env.PEERS_PYTHON ?? "");
});
afterAll(async () => await moto.close());

test("the table of the template is created as it stands there", async () => {
  const [properties = {}] = Object.values(ofType(template, "AWS::DynamoDB::Table")).map(
    (each) => each.Properties,
  );
  // These have operations of their own.
  const { PointInTimeRecoverySpecification, SSESpecification, TimeToLiveSpecification, ...rest } =
    properties as Record<string, unknown>;
  expect([PointInTimeRecoverySpecification, SSESpecification, TimeToLiveSpecification]).not.toContain(
    undefined,
  );
  const client = new DynamoDBClient({ endpoint: moto.url, ...at });
  const created = await client.send(
    new CreateTableCommand({ TableName: "stablehand", ...rest } as CreateTableCommandInput),
  );
  client.destroy();

  expect(created.TableDescription).toMatchObject({
    TableName: "stablehand",
    DeletionProtectionEnabled: true,
  });
});

test("every state machine of the template is parsed by moto", async () => {
  const machines = Object.values(ofType(template, "AWS::StepFunctions::StateMachine"));
  expect(machines.length).toBeGreaterThan(0);
  const client = new SFNClient({ endpoint: moto.url, ...at });
  for (const { Properties } of machines) {
    const { StateMachineName, DefinitionString } = Properties as unknown as Record<string, string>;
    const definition = DefinitionString?.replaceAll(
      /\$\{(\w+)\}/g,
      "arn:aws:lambda:eu-central-1:123456789012:function:$1:1",
    );
    const roleArn = "arn:aws:iam::123456789012:role/stablehand";
    const created = await client.send(
      new CreateStateMachineCommand({ name: StateMachineName, definition, roleArn }),
    );
    expect(created.stateMachineArn).toMatch(new RegExp(`:${StateMachineName}$`));
  }
  client.destroy();
});
