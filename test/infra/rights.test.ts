import { beforeAll, describe, expect, it } from "vitest";
import { type CatalogEntry, catalog } from "../../functions/catalog.ts";
import { flows } from "../../infra/aws/state-machines.ts";
import { ofType, type Resource, synthesize, type Template } from "../support/stack.ts";

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

/** What a role may do, read off its policies: `action on resource`, with references as `Type/Name`. */
let template: Template;
let rights: Record<string, string[]>;

beforeAll(() => {
  template = synthesize();
  rights = Object.fromEntries(functionsOf(template).map(([name, each]) => [name, rightsOf(each)]));
});

describe("the rights of each function", () => {
  it.each(Object.entries(catalog))("%s may do what the catalog says, and nothing else", (name, entry) => {
    expect(rights[name]).toEqual(expected(name, entry));
  });

  it("are a role of its own for each", () => {
    const roles = functionsOf(template).map(([, { Properties }]) => JSON.stringify(Properties.Role));
    expect(new Set(roles).size).toBe(Object.keys(catalog).length);
  });
});

describe("resources that end in *", () => {
  it("stand only where nothing narrower exists", () => {
    const found = new Set<string>();
    for (const statement of allStatements(template)) {
      for (const resource of listed(statement.Resource).map(named)) {
        if (resource.endsWith("*"))
          for (const action of listed(statement.Action)) found.add(`${action} ${resource}`);
      }
    }
    const inVersions = [...found].filter((each) => /^lambda:InvokeFunction Function\/\w+:\*$/.test(each));
    const others = [...found].filter((each) => !inVersions.includes(each)).sort();
    expect(others).toEqual([
      // Take no resource, says AWS.
      "logs:CreateLogDelivery *",
      "logs:DeleteLogDelivery *",
      "logs:DescribeLogGroups *",
      "logs:DescribeResourcePolicies *",
      "logs:GetLogDelivery *",
      "logs:ListLogDeliveries *",
      "logs:PutResourcePolicy *",
      "logs:UpdateLogDelivery *",
      // Names of executions are days to come.
      ...flows().map(({ name }) => `states:DescribeExecution execution:stablehand-${name}:*`),
      "xray:GetSamplingRules *",
      "xray:GetSamplingTargets *",
      "xray:PutTelemetryRecords *",
      "xray:PutTraceSegments *",
    ]);
  });

  it("give no action with a wildcard", () => {
    const wild = allStatements(template)
      .flatMap((each) => listed(each.Action))
      .filter((each) => each.includes("*"));
    expect(wild).toEqual([]);
  });
});

describe("a state machine", () => {
  it("may call exactly the functions that it names, in every version", () => {
    for (const machine of Object.values(ofType(template, "AWS::StepFunctions::StateMachine"))) {
      const { DefinitionString, DefinitionSubstitutions, RoleArn } = machine.Properties as {
        DefinitionString: string;
        DefinitionSubstitutions: Record<string, unknown>;
        RoleArn: RoleArn;
      };
      const called = [
        ...new Set([...String(DefinitionString).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name)),
      ];
      const mayCall = statementsOf(template, RoleArn)
        .filter((each) => each.Action === "lambda:InvokeFunction")
        .flatMap((each) => listed(each.Resource).map(named));
      expect(mayCall.sort()).toEqual(called.map((name) => `Function/${name}:*`).sort());
      expect(Object.keys(DefinitionSubstitutions).sort()).toEqual([...called].sort());
    }
  });
});

/** Written down independently of rights.ts. */
function expected(name: string, { table, secrets, stateMachine, on }: CatalogEntry): string[] {
  const machines = flows().map((flow) => flow.name);
  const rightsOfTable = {
    none: [],
    read: ["GetItem", "Query"],
    readWrite: ["DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
  }[table];
  const rightsOfMachine = {
    describe: machines.map((each) => `states:DescribeExecution on execution:stablehand-${each}:*`),
    sendTask: machines.map((each) => `states:SendTaskSuccess on stateMachine:stablehand-${each}`),
    start: ["states:StartExecution on stateMachine:stablehand-weekly-deployment"],
    startCleanup: ["states:StartExecution on stateMachine:stablehand-registry-cleanup"],
    startFirewall: ["states:StartExecution on stateMachine:stablehand-firewall-request"],
  };
  return [
    `logs:CreateLogStream on LogGroup//aws/lambda/stablehand-${name}`,
    `logs:PutLogEvents on LogGroup//aws/lambda/stablehand-${name}`,
    "xray:PutTelemetryRecords on *",
    "xray:PutTraceSegments on *",
    ...rightsOfTable.map((action) => `dynamodb:${action} on Table`),
    ...(table === "none" ? [] : ["dynamodb:Query on Table/index/byStart"]),
    ...secrets.map((secret) => `secretsmanager:GetSecretValue on Secret/stablehand/${secret}`),
    ...stateMachine.flatMap((right) => rightsOfMachine[right]),
    ...(on ? ["sqs:SendMessage on Queue"] : []),
  ].sort();
}

function functionsOf({ Resources }: Template): [name: string, Resource][] {
  return Object.values(Resources)
    .filter(({ Type }) => Type === "AWS::Lambda::Function")
    .map((each) => [String(each.Properties.FunctionName).replace(/^stablehand-/, ""), each]);
}

function rightsOf({ Properties }: Resource): string[] {
  return statementsOf(template, Properties.Role as RoleArn)
    .flatMap(({ Effect, Action, Resource: resources }) => {
      expect(Effect).toBe("Allow");
      return listed(resources).flatMap((each) =>
        listed(Action).map((action) => `${action} on ${named(each)}`),
      );
    })
    .sort();
}

/** All policies of a role: its own, and those attached to it elsewhere in the template. */
function statementsOf({ Resources }: Template, roleArn: RoleArn): Statement[] {
  const id = roleArn["Fn::GetAtt"][0];
  const role = Resources[id]?.Properties as { Policies?: Policy[]; ManagedPolicyArns?: unknown[] };
  expect(role.ManagedPolicyArns ?? []).toEqual([]);
  const attached = Object.values(Resources).filter(
    (each) => each.Type === "AWS::IAM::Policy" && JSON.stringify(each.Properties.Roles).includes(`"${id}"`),
  );
  return [...(role.Policies ?? []), ...attached.map((each) => each.Properties as unknown as Policy)].flatMap(
    (each) => each.PolicyDocument.Statement,
  );
}

interface RoleArn {
  "Fn::GetAtt": [string, string];
}

interface Policy {
  PolicyDocument: { Statement: Statement[] };
}

function allStatements({ Resources }: Template): Statement[] {
  return Object.values(Resources).flatMap(({ Type, Properties }) => {
    if (Type === "AWS::IAM::Policy") return (Properties as unknown as Policy).PolicyDocument.Statement;
    if (Type !== "AWS::IAM::Role") return [];
    const { Policies = [] } = Properties as { Policies?: Policy[] };
    return Policies.flatMap((each) => each.PolicyDocument.Statement);
  });
}

/** A reference in words: the type of the resource and its name, where it has one. */
function named(value: unknown): string {
  if (typeof value === "string") return value;
  const { Ref: ref, "Fn::GetAtt": attribute, "Fn::Join": join } = value as Record<string, unknown>;
  if (join) {
    const text = (join as [string, unknown[]])[1].map(named).join("");
    return text.replace(/^arn:AWS::Partition:\w+:AWS::Region:AWS::AccountId:/, "");
  }
  const id = String(ref ?? (attribute as string[])[0]);
  const resource = template.Resources[id];
  if (!resource) return id;
  const { FunctionName, LogGroupName, Name } = resource.Properties as Record<string, string | undefined>;
  const name = FunctionName?.replace(/^stablehand-/, "") ?? LogGroupName ?? Name;
  return [resource.Type.split("::")[2], ...(name ? [name] : [])].join("/");
}

function listed<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}
