import { beforeAll, describe, expect, it } from "vitest";
import { catalog } from "../../functions/catalog.ts";
import { app as pages } from "../../functions/http/pages.tsx";
import { app as runPages } from "../../functions/http/run-pages.tsx";
import { app as webhooks } from "../../functions/http/webhooks.ts";
import { secretSchemas } from "../../functions/runtime/secrets.ts";
import { ofType, type Resource, synthesize, type Template } from "../support/stack.ts";

let template: Template;
beforeAll(() => {
  template = synthesize();
});

const only = (type: string): Resource => {
  const found = Object.values(ofType(template, type));
  expect(found).toHaveLength(1);
  return found[0] as Resource;
};
const propertiesOf = (type: string) => Object.values(ofType(template, type)).map((each) => each.Properties);

describe("what outlives the stack", () => {
  it("is the table: on demand, encrypted, recoverable, protected, with its index and its time to live", () => {
    const table = only("AWS::DynamoDB::Table");
    expect(table).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    expect(table.Properties).toMatchObject({
      BillingMode: "PAY_PER_REQUEST",
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: "byStart",
          KeySchema: [
            { AttributeName: "list", KeyType: "HASH" },
            { AttributeName: "startedAt", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    });
  });

  it("is one empty secret per outside system, which says what goes into it", () => {
    const secrets = Object.values(ofType(template, "AWS::SecretsManager::Secret"));
    expect(secrets.map(({ Properties }) => Properties.Name as string)).toEqual(
      Object.keys(secretSchemas).map((name) => `stablehand/${name}`),
    );
    for (const { Properties, ...secret } of secrets) {
      expect(secret).toMatchObject({ DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" });
      // Neither a value nor a generated one: both would be somebody else's to know.
      expect(Object.keys(Properties).sort()).toEqual(["Description", "Name", "Tags"]);
    }
    const [github] = secrets;
    expect(github?.Properties.Description).toContain(
      '{"appId": 123, "privateKey": "…", "installationId": 123, "webhookSecrets": ["… (16 characters or more)", …]}',
    );
  });
});

describe("a function", () => {
  it.each(Object.entries(catalog))("%s is as the catalog says", (name, entry) => {
    const found = propertiesOf("AWS::Lambda::Function").find(
      (each) => String(each.FunctionName) === `stablehand-${name}`,
    );
    expect(found).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: `${name}.handler`,
      MemorySize: entry.memoryMb,
      Timeout: entry.timeoutSeconds,
      TracingConfig: { Mode: "Active" },
    });
    expect(found).not.toHaveProperty("ReservedConcurrentExecutions");
    expect(found).not.toHaveProperty("VpcConfig");
  });

  it("has every variable that functions read", () => {
    for (const { Environment } of propertiesOf("AWS::Lambda::Function")) {
      expect(Object.keys((Environment as { Variables: object }).Variables).sort()).toEqual([
        "NODE_OPTIONS",
        "POWERTOOLS_SERVICE_NAME",
        "STABLEHAND_BUILDS",
        "STABLEHAND_CLEANUP",
        "STABLEHAND_CONFIG",
        "STABLEHAND_CONSOLE",
        "STABLEHAND_FIREWALL",
        "STABLEHAND_NEWS_STATE_MACHINE",
        "STABLEHAND_ROLLBACK",
        "STABLEHAND_SECRETS",
        "STABLEHAND_STATE_MACHINE",
        "STABLEHAND_TABLE",
        "STABLEHAND_URL",
      ]);
    }
  });

  it("logs into a group of its own, for a limited time", () => {
    const groups = propertiesOf("AWS::Logs::LogGroup");
    for (const name of Object.keys(catalog)) {
      expect(groups).toContainEqual(
        expect.objectContaining({ LogGroupName: `/aws/lambda/stablehand-${name}`, RetentionInDays: 180 }),
      );
    }
    for (const group of groups) expect(group.RetentionInDays).toBeGreaterThan(0);
  });

  it("that an event calls is called again, and then told to the dead-letter queue", () => {
    const called = Object.entries(catalog).filter(([, { on }]) => on);
    const configs = propertiesOf("AWS::Lambda::EventInvokeConfig");
    expect(called.length).toBeGreaterThan(0);
    expect(configs).toHaveLength(called.length);
    const queue = Object.keys(ofType(template, "AWS::SQS::Queue"))[0];
    for (const each of configs) {
      expect(each).toMatchObject({
        MaximumRetryAttempts: 2,
        DestinationConfig: { OnFailure: { Destination: { "Fn::GetAtt": [queue, "Arn"] } } },
      });
    }
  });
});

describe("the build jobs", () => {
  it("run what stands in infra/codebuild, with secrets that only they get", () => {
    const found = propertiesOf("AWS::CodeBuild::Project");
    expect(found.map(({ Name }) => Name).sort()).toEqual([
      "stablehand-apply-objects",
      "stablehand-read-vault",
    ]);
    for (const project of found) {
      expect(project).toMatchObject({
        Environment: { PrivilegedMode: false, Image: "aws/codebuild/amazonlinux-x86_64-standard:5.0" },
        Artifacts: { Type: "NO_ARTIFACTS" },
        ConcurrentBuildLimit: 1,
      });
      const { EnvironmentVariables: variables } = project.Environment as {
        EnvironmentVariables: { Name: string; Type?: string; Value: unknown }[];
      };
      const secret = variables.filter(({ Name }) => Name !== "OUTPUT_BUCKET");
      expect(secret.length).toBeGreaterThan(2);
      for (const { Type, Value } of secret) {
        expect(Type).toBe("SECRETS_MANAGER");
        expect(Value).toMatch(/^stablehand\/(bitwarden|deployment):\w+$/);
      }
    }
  });

  it("keep Ansible's output encrypted by a key of its own, for a time, closed to the public and to plain HTTP", () => {
    const buckets = Object.values(ofType(template, "AWS::S3::Bucket"));
    const output = buckets.find(({ Properties }) => Properties.VersioningConfiguration);
    expect(output).toMatchObject({
      DeletionPolicy: "Retain",
      Properties: {
        VersioningConfiguration: { Status: "Enabled" },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: expect.anything() } },
          ],
        },
        LifecycleConfiguration: {
          Rules: [expect.objectContaining({ ExpirationInDays: 90, Status: "Enabled" })],
        },
        LoggingConfiguration: expect.anything(),
      },
    });
    expect(buckets).toHaveLength(2);
    for (const { Properties } of buckets) {
      expect(Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
    }
    const policies = propertiesOf("AWS::S3::BucketPolicy").map(({ PolicyDocument }) =>
      JSON.stringify(PolicyDocument),
    );
    expect(policies).toHaveLength(2);
    for (const policy of policies) expect(policy).toContain('"aws:SecureTransport":"false"');
  });
});

describe("a state machine", () => {
  it("is logged without what passes through it, and traced", () => {
    expect(propertiesOf("AWS::StepFunctions::StateMachine").length).toBeGreaterThan(0);
    for (const machine of propertiesOf("AWS::StepFunctions::StateMachine")) {
      expect(machine).toMatchObject({
        StateMachineType: "STANDARD",
        LoggingConfiguration: { Level: "ALL", IncludeExecutionData: false },
        TracingConfiguration: { Enabled: true },
      });
    }
  });

  it("names versions that stay, so that a run goes on with the code it began with", () => {
    const versions = ofType(template, "AWS::Lambda::Version");
    for (const { DefinitionSubstitutions } of propertiesOf("AWS::StepFunctions::StateMachine")) {
      for (const [name, { Ref: ref }] of Object.entries(
        DefinitionSubstitutions as Record<string, { Ref: string }>,
      )) {
        const version = versions[ref] as Resource;
        expect(version).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
        const id = (version.Properties.FunctionName as { Ref: string }).Ref;
        expect(template.Resources[id]?.Properties.FunctionName).toBe(`stablehand-${name}`);
      }
    }
  });

  it("is the one that the functions know by its name", () => {
    const names = propertiesOf("AWS::StepFunctions::StateMachine").map((each) =>
      String(each.StateMachineName),
    );
    expect(names).toContain("stablehand-weekly-deployment");
    const [first] = propertiesOf("AWS::Lambda::Function");
    expect(JSON.stringify(first?.Environment)).toContain(":stateMachine:stablehand-weekly-deployment");
  });
});

describe("the HTTP API", () => {
  /** As API Gateway writes the paths of Hono. */
  const routesOf = (app: typeof pages) =>
    app.routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);

  it("has the routes that the functions answer, each to its function", () => {
    const routes = propertiesOf("AWS::ApiGatewayV2::Route").map(({ RouteKey, Target }) => {
      const integration = JSON.stringify(Target).match(/"Ref":"(\w+)"/)?.[1] ?? "";
      const uri = JSON.stringify(template.Resources[integration]?.Properties.IntegrationUri);
      const target = Object.entries(ofType(template, "AWS::Lambda::Function")).find(([id]) =>
        uri.includes(`"${id}"`),
      );
      return `${RouteKey} → ${target?.[1].Properties.FunctionName}`;
    });
    expect(routes.sort()).toEqual(
      [
        ...routesOf(webhooks).map((route) => `${route} → stablehand-Webhooks`),
        ...routesOf(pages).map((route) => `${route} → stablehand-Pages`),
        ...new Set(routesOf(runPages).map((route) => `${route} → stablehand-RunPages`)),
      ].sort(),
    );
  });

  it("is throttled, and logs no address that holds a secret", () => {
    const stage = only("AWS::ApiGatewayV2::Stage").Properties as Record<string, unknown>;
    expect(stage.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 50 });
    const { Format } = stage.AccessLogSettings as { Format: string };
    const variables = Object.values(JSON.parse(Format) as Record<string, string>);
    expect(variables).toContain("$context.routeKey");
    const safe =
      /^\$context\.(requestTime|requestId|routeKey|status|responseLatency|responseLength|identity\.sourceIp|integrationErrorMessage)$/;
    for (const each of variables) expect(each).toMatch(safe);
  });
});

describe("the end of a run that does not end well", () => {
  const rule = () => {
    const rules = Object.values(ofType(template, "AWS::Events::Rule")).map((each) => each.Properties);
    const found = rules.filter((each) => JSON.stringify(each?.EventPattern).includes("aws.states"));
    expect(found).toHaveLength(1);
    return found[0] as Record<string, unknown>;
  };

  it("is heard of by rule, for every state machine", () => {
    const machines = Object.keys(ofType(template, "AWS::StepFunctions::StateMachine"));
    expect(rule().EventPattern).toEqual({
      source: ["aws.states"],
      "detail-type": ["Step Functions Execution Status Change"],
      detail: {
        status: ["FAILED", "TIMED_OUT", "ABORTED"],
        stateMachineArn: machines.map((id) => ({ Ref: id })),
      },
    });
  });

  it("goes to the functions that close it, and to the topic, and else to the dead-letter queue", () => {
    const targets = rule().Targets as { Arn: Record<string, unknown>; DeadLetterConfig: unknown }[];
    const names = targets.map(({ Arn }) => {
      const id = String((Arn["Fn::GetAtt"] as string[] | undefined)?.[0] ?? Arn.Ref);
      const { FunctionName, TopicName } = template.Resources[id]?.Properties ?? {};
      return FunctionName ?? TopicName;
    });
    const closing = Object.entries(catalog).flatMap(([name, { on }]) =>
      on === "executionEnded" ? [`stablehand-${name}`] : [],
    );
    expect(names.sort()).toEqual([...closing, "stablehand-alarms"].sort());
    for (const each of targets) expect(each.DeadLetterConfig).toBeDefined();
  });

  it("may be told by the rule and by alarms: the topic's policy names both", () => {
    const { PolicyDocument } = only("AWS::SNS::TopicPolicy").Properties as {
      PolicyDocument: { Statement: { Effect: string; Action: string; Principal: { Service?: string } }[] };
    };
    const allowed = PolicyDocument.Statement.filter((each) => each.Effect === "Allow");
    expect(allowed.map((each) => `${each.Principal.Service} ${each.Action}`).sort()).toEqual([
      "cloudwatch.amazonaws.com sns:Publish",
      "events.amazonaws.com sns:Publish",
    ]);
  });
});

describe("an alarm", () => {
  it("says what happened and what to do, and calls a person where nothing else does", () => {
    for (const alarm of propertiesOf("AWS::CloudWatch::Alarm")) {
      expect(alarm.AlarmDescription).toMatch(/\w.{40,}\.$/);
      expect(alarm.TreatMissingData).toBe("notBreaching");
      const toldByRule = /ended-badly$/.test(String(alarm.AlarmName));
      expect(alarm.AlarmActions === undefined).toBe(toldByRule);
    }
  });
});

it("the end of a CodeBuild build is heard of, for the installation's projects alone", () => {
  const rules = Object.values(ofType(template, "AWS::Events::Rule")).map((each) => each.Properties);
  const patterns = rules.map((each) => each?.EventPattern as { source: string[]; detail: object });
  expect(patterns.filter(({ source }) => source[0] === "aws.codebuild")).toEqual([
    expect.objectContaining({
      detail: expect.objectContaining({ "project-name": [{ prefix: "stablehand-" }] }),
    }),
  ]);
});

describe("with every setting", () => {
  const context = {
    name: "hand2",
    alarmEmail: "team@example.org",
    domainName: "deploy.example.org",
    certificateArn: "arn:aws:acm:eu-central-1:000000000000:certificate/1",
    vpcId: "vpc-0123abcd",
    subnetIds: "subnet-0123,subnet-4567",
  };
  let other: Template;
  beforeAll(() => {
    other = synthesize({ context });
  });
  const found = (type: string) => Object.values(ofType(other, type)).map((each) => each.Properties);

  it("everything is named after the installation", () => {
    const text = JSON.stringify(other);
    expect(text).toContain('"hand2/github"');
    // But for the tag that sums up all installations, and people's words.
    expect(text.replaceAll(/"(Value|application)":"stablehand"|Stablehand/g, "")).not.toMatch(/stablehand/);
  });

  it("the own host name is the only one", () => {
    expect(found("AWS::ApiGatewayV2::Api")).toEqual([
      expect.objectContaining({ DisableExecuteApiEndpoint: true }),
    ]);
    expect(other.Outputs?.GitHubWebhook?.Value).toBe("https://deploy.example.org/webhooks/github");
    expect(other.Outputs?.DnsTarget).toBeDefined();
    expect(found("AWS::ApiGatewayV2::ApiMapping")).toHaveLength(1);
  });

  it("the functions that talk to the cluster are in the VPC, and no others", () => {
    const inside = found("AWS::Lambda::Function").filter(({ VpcConfig }) => VpcConfig);
    expect(inside[0]?.VpcConfig).toMatchObject({ SubnetIds: ["subnet-0123", "subnet-4567"] });
    expect(inside.map(({ FunctionName }) => String(FunctionName)).sort()).toEqual(
      Object.entries(catalog)
        .flatMap(([name, { secrets }]) => (secrets.includes("openshift") ? [`hand2-${name}`] : []))
        .sort(),
    );
  });

  it("mail goes to whom it names", () => {
    expect(found("AWS::SNS::Subscription")).toEqual([
      expect.objectContaining({ Protocol: "email", Endpoint: "team@example.org" }),
    ]);
  });

  it("builds of CodeBuild are heard of, since a function of the catalog asks for them", () => {
    expect(found("AWS::Events::Rule")).toContainEqual(
      expect.objectContaining({
        EventPattern: {
          source: ["aws.codebuild"],
          "detail-type": ["CodeBuild Build State Change"],
          detail: {
            "build-status": ["SUCCEEDED", "FAILED", "FAULT", "STOPPED", "TIMED_OUT"],
            "project-name": [{ prefix: "hand2-" }],
          },
        },
      }),
    );
  });
});

describe("the settings", () => {
  it("use the table and the secrets of a removed installation again", () => {
    const again = synthesize({ context: { keptTable: "stablehand-Store-1" } });
    expect(ofType(again, "AWS::DynamoDB::Table")).toEqual({});
    expect(ofType(again, "AWS::SecretsManager::Secret")).toEqual({});
    const text = JSON.stringify(again);
    expect(text).toContain('"STABLEHAND_TABLE":"stablehand-Store-1"');
    expect(text).toContain(":table/stablehand-Store-1/index/byStart");
    expect(text).toContain(":secret:stablehand/github-??????");
  });

  it.each([
    [{ alarmMail: "team@example.org" }, /alarmMail: is no known setting \(name, alarmEmail, /],
    [{ alarmEmail: "team" }, /alarmEmail: is no e-mail address/],
    [{ domainName: "deploy.example.org" }, /domainName and certificateArn go together/],
    [{ vpcId: "vpc-0123abcd" }, /vpcId and subnetIds go together/],
    [{ name: "Stable Hand", vpcId: "v" }, /name: is not 2 to 20 .*\n.*vpcId: is no VPC id/],
  ])("%j is refused, with what is wrong", (context, message) => {
    expect(() => synthesize({ context })).toThrow(message);
  });
});

describe("the bill", () => {
  it("can be read by installation and by part", () => {
    for (const [type, part] of [
      ["AWS::DynamoDB::Table", "store"],
      ["AWS::Lambda::Function", "functions"],
      ["AWS::StepFunctions::StateMachine", "flows"],
      ["AWS::ApiGatewayV2::Api", "web"],
    ] as const) {
      const { Tags } = Object.values(ofType(template, type))[0]?.Properties ?? {};
      const tags = Array.isArray(Tags)
        ? Object.fromEntries((Tags as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]))
        : Tags;
      expect(tags).toEqual({ application: "stablehand", installation: "stablehand", part });
    }
  });
});
