import { describe, expect, test } from "vitest";
import { awsPlace, buildUrl, executionUrl, logsUrl } from "../../../functions/domain/aws-console.ts";

const arn =
  "arn:aws:states:eu-central-1:210987654321:execution:stablehand-weekly-deployment:weekly-2026-11-23";

const placeOf = (execution: string) => {
  const place = awsPlace(execution);
  if (!place) throw new Error(`${execution} is not at AWS`);
  return place;
};

describe("links into the AWS console", () => {
  test("lead to the execution, in the console of its partition", () => {
    expect(executionUrl(arn)).toBe(
      `https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/details/${arn}`,
    );
    const china = arn.replace("arn:aws:", "arn:aws-cn:").replace("eu-central-1", "cn-north-1");
    expect(executionUrl(china)).toContain("https://cn-north-1.console.amazonaws.cn/states/");
  });

  test.each([
    ["the account that emulators have", arn.replace("210987654321", "000000000000")],
    ["the account of the documentation", arn.replace("210987654321", "123456789012")],
    ["another partition", arn.replace("arn:aws:", "arn:aws-moon:")],
    ["no ARN", "weekly-2026-11-23"],
    ["more than an ARN", `${arn}"onmouseover=alert(1):x`],
  ])("there are none for %s", (_, execution) => {
    expect(executionUrl(execution)).toBeNull();
  });

  test("fill in a query of Logs Insights as CloudWatch reads it", () => {
    const url = logsUrl(placeOf(arn), {
      run: "weekly-2026-11-23",
      step: "open-run",
      logGroups: ["/aws/lambda/stablehand-OpenRun", "/aws/lambda/stablehand-CloseRun"],
      from: "2026-11-23T11:55:00.000Z",
      to: "2026-11-23T14:05:00.000Z",
    });
    const [home, detail = ""] = url.split("#logsV2:logs-insights$3FqueryDetail$3D");
    expect(home).toBe("https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1");
    const decoded = detail.replaceAll(/\*([0-9a-f]{2})/g, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    expect(decoded).toBe(
      "~(end~'2026-11-23T14:05:00.000Z~start~'2026-11-23T11:55:00.000Z~timeType~'ABSOLUTE~tz~'UTC~editorString~'" +
        'fields @timestamp, event, step, repository, reason\n| filter run = "weekly-2026-11-23" and step = "open-run"' +
        "\n| sort @timestamp asc\n| limit 1000~source~(~'/aws/lambda/stablehand-OpenRun~'/aws/lambda/stablehand-CloseRun))",
    );
  });

  test("lead to a build of CodeBuild", () => {
    expect(buildUrl(placeOf(arn), "apply-objects:5a2b")).toBe(
      "https://eu-central-1.console.aws.amazon.com/codesuite/codebuild/210987654321/projects/apply-objects/build/apply-objects%3A5a2b/?region=eu-central-1",
    );
  });
});
