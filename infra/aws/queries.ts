import { type ILogGroup, QueryDefinition, QueryString, type QueryStringProps } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";

interface SavedQuery extends Omit<QueryStringProps, "filter" | "filterStatements"> {
  name: string;
  /** Log codes, of which a line has to have one. */
  codes?: string[];
  /** What else a line has to be. */
  where?: string;
}

const line = ["@timestamp", "run", "event", "step", "repository", "reason"];

/** Questions to the logs that come again, by log codes and never by prose. */
export const savedQueries: SavedQuery[] = [
  { name: "one run, line by line", where: 'run = "weekly-2026-11-23"', fields: line, sort: "@timestamp asc" },
  { name: "what failed", where: "event like /[.]failed$/", fields: line, sort: "@timestamp desc" },
  {
    name: "webhooks refused",
    codes: ["webhook.refused"],
    statsStatements: ["count(*) by source, reason, status"],
  },
  {
    name: "waits, by webhook or by asking",
    codes: ["wait.resumed"],
    statsStatements: ["count(*) by origin"],
  },
  {
    name: "decisions",
    codes: ["decision.answered"],
    fields: ["@timestamp", "run", "question", "answer", "by", "won"],
    sort: "@timestamp desc",
  },
  {
    name: "starts",
    codes: ["start-run.started", "watch-start.missed", "open-run.skipped"],
    fields: ["@timestamp", "run", "event", "by", "reason"],
    sort: "@timestamp desc",
  },
  {
    name: "cold starts and memory",
    where: '@type = "REPORT"',
    statsStatements: [
      "count(@initDuration) as coldStarts, max(@initDuration) as slowest, max(@maxMemoryUsed / 1000000) as megabytes by @log",
    ],
  },
];

/** Saved in CloudWatch Logs Insights, under the installation's name. */
export class SavedQueries extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { installation, logGroups }: { installation: string; logGroups: ILogGroup[] },
  ) {
    super(scope, id);
    for (const { name, codes, where, ...rest } of savedQueries) {
      const listed = codes?.map((code) => `"${code}"`).join(", ");
      const filterStatements = [...(listed ? [`event in [${listed}]`] : []), ...(where ? [where] : [])];
      new QueryDefinition(this, name, {
        queryDefinitionName: `${installation}/${name}`,
        queryString: new QueryString({ ...rest, filterStatements }),
        logGroups,
      });
    }
  }
}
