import { CfnProject } from "aws-cdk-lib/aws-codebuild";
import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { ArnFormat, Duration, RemovalPolicy, Stack } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { BuildProject } from "../../functions/catalog.ts";
import type { SecretName } from "../../functions/runtime/secrets.ts";
import { type ProjectDefinition, projects, sourceFolder } from "../codebuild/projects.ts";
import { acknowledge, wildcard } from "./acknowledge.ts";
import { allow, vpcRights } from "./rights.ts";

export interface BuildsProps {
  /** First part of their names: `stablehand` makes `stablehand-read-vault`. */
  installation: string;
  /** ARNs. */
  secrets: Record<SecretName, string>;
  /** Where the jobs live that talk to the cluster; left out: outside of any VPC. */
  clusterNetwork?: { vpcId: string; subnetIds: string[]; securityGroupIds: string[] };
}

const image = "aws/codebuild/amazonlinux-x86_64-standard:5.0";
const outputFolder = "ansible";

/** ARN of a project from its name, for the rights of the functions that start it. */
export function buildProjectArn(scope: Construct, installation: string, project: BuildProject): string {
  return Stack.of(scope).formatArn({
    service: "codebuild",
    resource: "project",
    resourceName: `${installation}-${project}`,
  });
}

/** The jobs in CodeBuild, and where Ansible's output goes. */
export class Builds extends Construct {
  constructor(scope: Construct, id: string, props: BuildsProps) {
    super(scope, id);
    const key = new Key(this, "Key", {
      description: "Stablehand: what Ansible says, secrets included",
      enableKeyRotation: true,
    });
    const output = newOutput(this, key);
    const source = new Asset(this, "Source", { path: sourceFolder, exclude: ["*.ts"] });
    for (const [name, definition] of Object.entries(projects)) {
      newProject(this, name as BuildProject, definition, { ...props, key, output, source });
    }
  }
}

/** Nobody is given the right to read it: that have only those who may do anything in the account. */
function newOutput(scope: Construct, encryptionKey: Key): Bucket {
  const common = {
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: RemovalPolicy.RETAIN,
  };
  const accessLog = new Bucket(scope, "AccessLog", {
    ...common,
    // S3 writes its access logs into no bucket with a key of one's own.
    encryption: BucketEncryption.S3_MANAGED,
    lifecycleRules: [{ expiration: Duration.days(400) }],
  });
  return new Bucket(scope, "Output", {
    ...common,
    encryption: BucketEncryption.KMS,
    encryptionKey,
    bucketKeyEnabled: true,
    versioned: true,
    lifecycleRules: [{ expiration: Duration.days(90), noncurrentVersionExpiration: Duration.days(30) }],
    serverAccessLogsBucket: accessLog,
  });
}

interface Around extends BuildsProps {
  key: Key;
  output: Bucket;
  source: Asset;
}

function newProject(
  scope: Construct,
  project: BuildProject,
  definition: ProjectDefinition,
  around: Around,
): void {
  const { installation, key, output, source } = around;
  const name = `${installation}-${project}`;
  const network = definition.cluster ? around.clusterNetwork : undefined;
  const logGroup = new LogGroup(scope, `${project}-log`, {
    logGroupName: `/aws/codebuild/${name}`,
    retention: RetentionDays.SIX_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${project}-role`, {
    assumedBy: new ServicePrincipal("codebuild.amazonaws.com"),
    inlinePolicies: {
      job: new PolicyDocument({
        statements: [
          allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logGroup.logGroupArn]),
          allow(["s3:GetObject", "s3:GetObjectVersion"], [source.bucket.arnForObjects(source.s3ObjectKey)]),
          ...secretRights(definition, around.secrets),
          ...(definition.keepsOutput ? outputRights(key, output) : []),
          ...(network ? networkRights(scope, network.subnetIds) : []),
        ],
      }),
    },
  });
  if (definition.keepsOutput) {
    const why = "One object for each job, named after its build.";
    acknowledge(role, { [wildcard(scope, output.arnForObjects(`${outputFolder}/*`))]: why });
  }
  if (network) {
    const why = "EC2 knows no resources for a job's network interface before it is made.";
    acknowledge(role, { [wildcard(scope, "*")]: why, [wildcard(scope, interfaces(scope))]: why });
  }
  new CfnProject(scope, project, {
    name,
    description: definition.description,
    serviceRole: role.roleArn,
    encryptionKey: key.keyArn,
    source: {
      type: "S3",
      location: `${source.s3BucketName}/${source.s3ObjectKey}`,
      buildSpec: definition.buildspec,
    },
    artifacts: { type: "NO_ARTIFACTS" },
    environment: {
      type: "LINUX_CONTAINER",
      computeType: "BUILD_GENERAL1_SMALL",
      image,
      privilegedMode: false,
      environmentVariables: [
        ...Object.entries(definition.secrets).map(([variable, { secret, key: field }]) => ({
          name: variable,
          type: "SECRETS_MANAGER",
          value: `${installation}/${secret}:${field}`,
        })),
        ...(definition.keepsOutput ? [{ name: "OUTPUT_BUCKET", value: output.bucketName }] : []),
      ],
    },
    timeoutInMinutes: definition.timeoutMinutes,
    queuedTimeoutInMinutes: 10,
    // Two that apply at once would work against each other.
    concurrentBuildLimit: 1,
    logsConfig: { cloudWatchLogs: { status: "ENABLED", groupName: logGroup.logGroupName } },
    ...(network
      ? {
          vpcConfig: {
            vpcId: network.vpcId,
            subnets: network.subnetIds,
            securityGroupIds: network.securityGroupIds,
          },
        }
      : {}),
  });
}

function secretRights({ secrets }: ProjectDefinition, arns: Record<SecretName, string>): PolicyStatement[] {
  const names = [...new Set(Object.values(secrets).map(({ secret }) => secret))];
  return [
    allow(
      ["secretsmanager:GetSecretValue"],
      names.map((name) => arns[name]),
    ),
  ];
}

/** To write, but not to read: a large object goes in parts, which takes the right to decrypt. */
function outputRights(key: Key, output: Bucket): PolicyStatement[] {
  return [
    allow(["s3:PutObject"], [output.arnForObjects(`${outputFolder}/*`)]),
    allow(["kms:GenerateDataKey", "kms:Decrypt"], [key.keyArn]),
  ];
}

function networkRights(scope: Construct, subnetIds: string[]): PolicyStatement[] {
  const attach = allow(["ec2:CreateNetworkInterfacePermission"], [interfaces(scope)]);
  const subnets = subnetIds.map((id) =>
    Stack.of(scope).formatArn({ service: "ec2", resource: "subnet", resourceName: id }),
  );
  attach.addCondition("StringEquals", { "ec2:AuthorizedService": "codebuild.amazonaws.com" });
  attach.addCondition("ArnEquals", { "ec2:Subnet": subnets });
  const describe = ["ec2:DescribeDhcpOptions", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs"];
  return [vpcRights(), allow(describe, ["*"]), attach];
}

function interfaces(scope: Construct): string {
  return Stack.of(scope).formatArn({
    service: "ec2",
    resource: "network-interface",
    resourceName: "*",
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
