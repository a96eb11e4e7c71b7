import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { handler as doctor } from "../../functions/doctor.ts";
import { DeadlinePassed, ServiceUnavailable } from "../../functions/runtime/errors.ts";
import { forgetLazyValues } from "../../functions/runtime/lazy.ts";
import { metricNames } from "../../functions/runtime/metrics.ts";
import { runInput, step } from "../../functions/runtime/step.ts";
import { handler as watchStart } from "../../functions/watch-start.ts";
import { type HttpSystem, startHttpSystem } from "../support/http-system.ts";
import { startScheduledSystem } from "../support/scheduled-system.ts";
import { ofType, synthesize, type Template } from "../support/stack.ts";
import { fromGitHub, workflowRunPayload } from "../unit/http/deliveries.ts";

/** A metric in CloudWatch is its namespace, its name and its dimensions: all three, or it is another one. */
interface Metric {
  namespace: string;
  name: string;
  dimensions: Record<string, unknown>;
}

let template: Template;
let written: Metric[];

beforeAll(() => {
  template = synthesize();
});
beforeEach(() => {
  written = [];
  // In development mode Powertools writes to the global console, and nothing unless it is told to.
  vi.stubEnv("POWERTOOLS_DEV", "true");
  vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "false");
  for (const [name, value] of Object.entries(environmentOfFunctions(template))) {
    if (name.startsWith("POWERTOOLS_") && typeof value === "string") vi.stubEnv(name, value);
  }
  forgetLazyValues();
  vi.spyOn(console, "log").mockImplementation((line: unknown) => {
    written.push(...metricsIn(String(line)));
  });
  for (const method of ["info", "warn", "error"] as const) vi.spyOn(console, method).mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  forgetLazyValues();
});

/** How each metric comes about for which there is an alarm. */
const causes: Record<string, () => Promise<unknown>> = {
  SignaturesRefused: async () => {
    await withHttp(async (system) => {
      const answer = await fromGitHub(system, workflowRunPayload(), { signature: "sha256=forged" });
      expect(answer.status).toBe(401);
    });
  },
  DeadlinesPassed: async () => {
    await expect(stepThatThrows(new DeadlinePassed("too late"))).rejects.toThrow("too late");
  },
  RunsInDanger: async () => {
    const system = await startScheduledSystem();
    try {
      // Nothing answers there but Slack, so no run would go through.
      await doctor({ speakUp: true });
    } finally {
      await system.close();
    }
  },
  StartsMissed: async () => {
    const system = await startScheduledSystem();
    try {
      await watchStart({ watchedAt: "2026-11-23T12:10:00Z", minutesAfterStart: 10 });
    } finally {
      await system.close();
    }
  },
};

describe("an alarm on what the functions count", () => {
  it("reads, by name and dimensions, what is written when that happens", async () => {
    const ours = alarms(template).filter(({ namespace }) => namespace === "Stablehand");
    expect(ours.map(({ name }) => name).sort()).toEqual(Object.keys(causes).sort());
    for (const alarm of ours) {
      written = [];
      await causes[alarm.name]?.();
      expect(written).toContainEqual(alarm);
    }
  });
});

describe("an alarm on what AWS counts", () => {
  /** https://docs.aws.amazon.com: the metrics of each service, with the dimensions that they come with. */
  const byAws: Record<string, [names: string[], dimension: string, type: string]> = {
    "AWS/SQS": [["ApproximateNumberOfMessagesVisible"], "QueueName", "AWS::SQS::Queue"],
    "AWS/ApiGateway": [["5xx"], "ApiId", "AWS::ApiGatewayV2::Api"],
    "AWS/States": [
      ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"],
      "StateMachineArn",
      "AWS::StepFunctions::StateMachine",
    ],
  };

  it("reads a metric that the service has, of a resource of the stack", () => {
    const theirs = alarms(template).filter(({ namespace }) => namespace !== "Stablehand");
    expect(new Set(theirs.map(({ namespace }) => namespace))).toEqual(new Set(Object.keys(byAws)));
    for (const { namespace, name, dimensions } of theirs) {
      const [names, dimension, type] = byAws[namespace] ?? [[], "", ""];
      expect(names).toContain(name);
      expect(Object.keys(dimensions)).toEqual([dimension]);
      const { Ref: ref, "Fn::GetAtt": attribute } = dimensions[dimension] as Record<string, string>;
      expect(Object.keys(ofType(template, type))).toContain(ref ?? attribute?.[0]);
    }
  });
});

describe("what the functions count", () => {
  it("is all written somewhere, and all on the dashboard", () => {
    const sources = readdirSync("functions", { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => readFileSync(`functions/${file}`, "utf8"))
      .join("\n");
    const dashboard = JSON.stringify(ofType(template, "AWS::CloudWatch::Dashboard"));
    for (const name of Object.keys(metricNames)) {
      expect(sources).toMatch(new RegExp(`count\\([^;]*"${name}"`));
      expect(dashboard).toContain(`\\"Stablehand\\",\\"${name}\\",\\"service\\",\\"stablehand\\"`);
    }
  });

  it("tells failures that are tried again from those that are not", async () => {
    await expect(stepThatThrows(new ServiceUnavailable("later"))).rejects.toThrow();
    await expect(stepThatThrows(new Error("never"))).rejects.toThrow();
    await step("good", runInput, async () => 1)({ run: "weekly-1" });
    expect(written.map(({ name }) => name)).toEqual([
      "StepsFailedForNow",
      "StepsFailedForGood",
      "StepsEnded",
    ]);
  });

  it("tells a refused shape from a forged signature", async () => {
    await withHttp(async (system) => {
      const answer = await fromGitHub(system, "{}");
      expect(answer.status).toBe(400);
    });
    expect(written.map(({ name }) => name)).toEqual(["WebhooksRefused"]);
  });
});

async function stepThatThrows(error: Error): Promise<unknown> {
  return await step("bad", runInput, async () => {
    throw error;
  })({ run: "weekly-1" });
}

async function withHttp(work: (system: HttpSystem) => Promise<void>): Promise<void> {
  const system = await startHttpSystem();
  try {
    await work(system);
  } finally {
    await system.close();
  }
}

function alarms({ Resources }: Template): Metric[] {
  return Object.values(Resources)
    .filter(({ Type }) => Type === "AWS::CloudWatch::Alarm")
    .flatMap(({ Properties }) => {
      const { Metrics } = Properties as { Metrics?: { MetricStat?: { Metric: RawMetric } }[] };
      const raw = Metrics
        ? Metrics.flatMap((each) => (each.MetricStat ? [each.MetricStat.Metric] : []))
        : [Properties as unknown as RawMetric];
      return raw.map(({ Namespace, MetricName, Dimensions = [] }) => ({
        namespace: Namespace,
        name: MetricName,
        dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
      }));
    });
}

interface RawMetric {
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
}

/** CloudWatch's embedded metric format. */
function metricsIn(line: string): Metric[] {
  const parsed = JSON.parse(line) as Record<string, unknown> & {
    _aws?: {
      CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
    };
  };
  return (parsed._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) =>
      Dimensions.map((names) => ({
        namespace: Namespace,
        name: Name,
        dimensions: Object.fromEntries(names.map((each) => [each, parsed[each]])),
      })),
    ),
  );
}

function environmentOfFunctions(of: Template): Record<string, unknown> {
  const [first] = Object.values(ofType(of, "AWS::Lambda::Function"));
  const { Variables } = (first?.Properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
  return Variables ?? {};
}
