import { beforeAll, describe, expect, it } from "vitest";
import { type CatalogEntry, catalog } from "../../functions/catalog.ts";
import { ofType, type Resource, synthesize, type Template } from "../support/stack.ts";

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

/** The flows whose runs functions resume and ask about. */
const watched = ["firewall-request", "registry-cleanup", "rollback", "weekly-deployment"];

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
      // One object for each job.
      "s3:PutObject Bucket/ansible/*",
      // Names of executions are days to come.
      ...watched.map((name) => `states:DescribeExecution execution:stablehand-${name}:*`),
      ...watched.map((name) => `states:GetExecutionHistory execution:stablehand-${name}:*`),
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

describe("a build job", () => {
  const mayDo = (project: string) => {
    const { ServiceRole } = Object.values(ofType(template, "AWS::CodeBuild::Project"))
      .map(({ Properties }) => Properties as { Name: string; ServiceRole: RoleArn })
      .find(({ Name }) => Name === `stablehand-${project}`) as { ServiceRole: RoleArn };
    return statementsOf(template, ServiceRole)
      .flatMap(({ Action, Resource: resources }) =>
        listed(resources).flatMap((each) => listed(Action).map((action) => `${action} on ${named(each)}`)),
      )
      .filter((each) => !each.startsWith("logs:") && !each.startsWith("s3:Get"))
      .sort();
  };

  it("that reads the vault has the vault's secret, and nothing else", () => {
    expect(mayDo("read-vault")).toEqual(["secretsmanager:GetSecretValue on Secret/stablehand/bitwarden"]);
  });

  it("that applies objects writes Ansible's output, which it cannot read back", () => {
    expect(mayDo("apply-objects")).toEqual([
      "kms:Decrypt on Key",
      "kms:GenerateDataKey on Key",
      "s3:PutObject on Bucket/ansible/*",
      "secretsmanager:GetSecretValue on Secret/stablehand/bitwarden",
      "secretsmanager:GetSecretValue on Secret/stablehand/deployment",
    ]);
  });

  it("is the only one who may write there, and nobody is given the right to read", () => {
    const readers = allStatements(template).filter(
      ({ Action, Resource: resources }) =>
        listed(Action).some((each) => each.startsWith("s3:Get")) &&
        listed(resources).some((each) => named(each).startsWith("Bucket")),
    );
    expect(readers).toEqual([]);
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
function expected(name: string, { table, secrets, stateMachine, on, build }: CatalogEntry): string[] {
  const machine = "stateMachine:stablehand-weekly-deployment";
  const rollback = "stateMachine:stablehand-rollback";
  const rightsOfTable = {
    none: [],
    read: ["GetItem", "Query"],
    readWrite: ["DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
  }[table];
  const rightsOfMachine = {
    describe: watched.map((each) => `states:DescribeExecution on execution:stablehand-${each}:*`),
    history: watched.map((each) => `states:GetExecutionHistory on execution:stablehand-${each}:*`),
    sendTask: watched.map((each) => `states:SendTaskSuccess on stateMachine:stablehand-${each}`),
    start: [`states:StartExecution on ${machine}`],
    startRollback: [`states:StartExecution on ${rollback}`],
    startCleanup: ["states:StartExecution on stateMachine:stablehand-registry-cleanup"],
    startFirewall: ["states:StartExecution on stateMachine:stablehand-firewall-request"],
    sendNewsTask: ["states:SendTaskSuccess on stateMachine:stablehand-weekly-news"],
    startNews: ["states:StartExecution on stateMachine:stablehand-weekly-news"],
  };
  const rightsOfBuild = { start: "StartBuild", read: "BatchGetBuilds" };
  return [
    `logs:CreateLogStream on LogGroup//aws/lambda/stablehand-${name}`,
    `logs:PutLogEvents on LogGroup//aws/lambda/stablehand-${name}`,
    "xray:PutTelemetryRecords on *",
    "xray:PutTraceSegments on *",
    ...rightsOfTable.map((action) => `dynamodb:${action} on Table`),
    ...(table === "none" ? [] : ["dynamodb:Query on Table/index/byStart"]),
    ...secrets.map((secret) => `secretsmanager:GetSecretValue on Secret/stablehand/${secret}`),
    ...stateMachine.flatMap((right) => rightsOfMachine[right]),
    ...(build ? [`codebuild:${rightsOfBuild[build.right]} on project/stablehand-${build.project}`] : []),
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
  const {
    Ref: ref,
    "Fn::GetAtt": attribute,
    "Fn::Join": join,
    "Fn::Sub": text,
  } = value as Record<string, unknown>;
  if (text) return String(text);
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
