/** Addresses in the AWS console, made from the ARN of an execution: partition, region, account and names stand in it. */

export interface AwsPlace {
  partition: string;
  region: string;
  account: string;
  /** `stablehand-weekly-deployment` */
  machine: string;
  /** Name of the execution. */
  execution: string;
}

const hosts: Record<string, string> = {
  aws: "console.aws.amazon.com",
  "aws-cn": "console.amazonaws.cn",
  "aws-us-gov": "console.amazonaws-us-gov.com",
};

/**
 * Where an execution is. Null where the ARN names none that AWS has: accounts are numbered from 000000000001 on, and
 * what only speaks AWS's language calls itself 000000000000 or 123456789012, the number of the documentation.
 */
export function awsPlace(executionArn: string): AwsPlace | null {
  const [, partition = "", region = "", account = "", machine = "", execution = ""] =
    /^arn:([\w-]+):states:([\w-]+):(\d{12}):execution:([^:]+):([^:]+)$/.exec(executionArn) ?? [];
  if (!Object.hasOwn(hosts, partition)) return null;
  return account === "000000000000" || account === "123456789012"
    ? null
    : { partition, region, account, machine, execution };
}

/** The page of the execution; null where AWS has none. */
export function executionUrl(executionArn: string): string | null {
  const place = awsPlace(executionArn);
  return place && `${home(place, "states")}#/v2/executions/details/${executionArn}`;
}

/**
 * The log lines of a run (or of one of its steps) in Logs Insights, over the time that it took.
 *
 * @param about.logGroups of the functions that may have told something.
 * @param about.from ISO 8601, and so is `to`.
 */
export function logsUrl(
  place: AwsPlace,
  about: { run: string; step?: string; logGroups: readonly string[]; from: string; to: string },
): string {
  const filter = [`run = "${about.run}"`, ...(about.step ? [`step = "${about.step}"`] : [])].join(" and ");
  const query = `fields @timestamp, event, step, repository, reason\n| filter ${filter}\n| sort @timestamp asc\n| limit 1000`;
  const detail = [
    `end~'${encoded(about.to)}`,
    `start~'${encoded(about.from)}`,
    "timeType~'ABSOLUTE",
    "tz~'UTC",
    `editorString~'${encoded(query)}`,
    `source~(~'${about.logGroups.map(encoded).join("~'")})`,
  ].join("~");
  return `${home(place, "cloudwatch")}#logsV2:logs-insights$3FqueryDetail$3D~(${detail})`;
}

/** A build of CodeBuild. @param build its id, `project:uuid` */
export function buildUrl(place: AwsPlace, build: string): string {
  const [project = ""] = build.split(":");
  const path = [place.account, "projects", project, "build", build].map(encodeURIComponent).join("/");
  return `https://${place.region}.${hosts[place.partition]}/codesuite/codebuild/${path}/?region=${place.region}`;
}

function home({ partition, region }: AwsPlace, service: string): string {
  return `https://${region}.${hosts[partition]}/${service}/home?region=${region}`;
}

/** As CloudWatch writes texts in its addresses (JSURL): a character that is none of these is `*` and its number. */
function encoded(text: string): string {
  return text.replaceAll(/[^\w.-]/g, (character) => {
    const hex = character.charCodeAt(0).toString(16);
    return hex.length <= 2 ? `*${hex.padStart(2, "0")}` : `**${hex.padStart(4, "0")}`;
  });
}
