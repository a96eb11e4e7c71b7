import { AttributeType, BillingMode, type ITable, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { CfnSecret } from "aws-cdk-lib/aws-secretsmanager";
import { ArnFormat, RemovalPolicy, Stack } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { type SecretName, secretPurposes, secretSchemas } from "../../functions/runtime/secrets.ts";
import { tableDefinition } from "../../functions/store/table.ts";
import { acknowledge } from "./acknowledge.ts";
import { secretShape } from "./secret-shape.ts";

export interface StoreProps {
  /** First part of the secrets' names, with its slash. */
  secretsPrefix: string;
  /** A table that is there already, with the secrets beside it. */
  keptTable?: string;
}

/** What outlives the stack: the table and the secrets. */
export class Store extends Construct {
  readonly table: ITable;
  /** ARNs. */
  readonly secrets: Record<SecretName, string>;

  constructor(scope: Construct, id: string, { secretsPrefix, keptTable }: StoreProps) {
    super(scope, id);
    this.table = keptTable ? Table.fromTableName(this, "Table", keptTable) : newTable(this);
    const names = Object.keys(secretSchemas) as SecretName[];
    const arnOf = (name: SecretName) =>
      keptTable
        ? keptSecret(this, `${secretsPrefix}${name}`)
        : newSecret(this, name, `${secretsPrefix}${name}`);
    this.secrets = Object.fromEntries(names.map((name) => [name, arnOf(name)])) as Record<SecretName, string>;
  }
}

function newTable(scope: Construct): Table {
  const { partitionKey, sortKey, indexes, timeToLive } = tableDefinition;
  const text = (name: string) => ({ name, type: AttributeType.STRING });
  const table = new Table(scope, "Table", {
    partitionKey: text(partitionKey),
    sortKey: text(sortKey),
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: timeToLive,
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  for (const index of indexes) {
    table.addGlobalSecondaryIndex({
      indexName: index.name,
      partitionKey: text(index.partitionKey),
      sortKey: text(index.sortKey),
    });
  }
  return table;
}

/** Empty: a value in a template would be no secret. (The L2 construct always generates one.) */
function newSecret(scope: Construct, name: SecretName, fullName: string): string {
  const secret = new CfnSecret(scope, `Secret-${name}`, {
    name: fullName,
    description: `${secretPurposes[name]} JSON: ${secretShape(name)}`,
  });
  // Kept, but for a first deployment that fails: the next one could not make a secret of the same name.
  secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  acknowledge(secret, {
    "AwsSolutions-SMG4":
      "Credentials of outside systems: only a person can renew them there. Two values are accepted meanwhile.",
  });
  return secret.ref;
}

/** The six characters that Secrets Manager adds to a name are not known of a secret that another stack made. */
function keptSecret(scope: Construct, fullName: string): string {
  return Stack.of(scope).formatArn({
    service: "secretsmanager",
    resource: "secret",
    resourceName: `${fullName}-??????`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
