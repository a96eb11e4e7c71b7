import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { handler as startRun } from "../../functions/start-run.ts";
import { handler as watchStart } from "../../functions/watch-start.ts";
import { cronOf, workingDayBefore } from "../../infra/aws/schedule.ts";
import { type ScheduledSystem, startScheduledSystem } from "../support/scheduled-system.ts";
import { ofType, type Resource, synthesize, type Template } from "../support/stack.ts";

let template: Template;
let system: ScheduledSystem;

beforeAll(async () => {
  template = synthesize();
  system = await startScheduledSystem();
});
afterAll(async () => await system.close());
beforeEach(() => {
  system.executions.clear();
  system.posts.length = 0;
});

describe("the schedules", () => {
  it("examine on Friday, start at the config's time in its zone, watch ten minutes later, and clean up once a month", () => {
    const schedules = Object.values(ofType(template, "AWS::Scheduler::Schedule"));
    expect(
      schedules.map(({ Properties }) => [
        Properties.Name,
        Properties.ScheduleExpression,
        Properties.ScheduleExpressionTimezone,
        Properties.FlexibleTimeWindow,
        Properties.State,
      ]),
    ).toEqual([
      ["stablehand-start", "cron(0 13 ? * MON *)", "Europe/Prague", { Mode: "OFF" }, "ENABLED"],
      ["stablehand-watch", "cron(10 13 ? * MON *)", "Europe/Prague", { Mode: "OFF" }, "ENABLED"],
      ["stablehand-doctor", "cron(0 10 ? * FRI *)", "Europe/Prague", { Mode: "OFF" }, "ENABLED"],
      ["stablehand-cleanup", "cron(0 10 1 * ? *)", "Europe/Prague", { Mode: "OFF" }, "ENABLED"],
    ]);
  });

  it("try again, and tell the dead-letter queue what they could not hand over", () => {
    const queue = Object.keys(ofType(template, "AWS::SQS::Queue"))[0];
    for (const each of ["start", "watch", "doctor", "cleanup"]) {
      const target = schedule(each).Properties.Target as Record<string, unknown>;
      expect(target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 1800, MaximumRetryAttempts: 10 });
      expect(target.DeadLetterConfig).toEqual({ Arn: { "Fn::GetAtt": [queue, "Arn"] } });
    }
  });

  it("may call their function and nothing else", () => {
    for (const [each, name] of [
      ["start", "StartRun"],
      ["watch", "WatchStart"],
      ["doctor", "Doctor"],
      ["cleanup", "StartCleanup"],
    ] as const) {
      const { Arn, RoleArn } = schedule(each).Properties.Target as Record<string, GetAtt>;
      const id = Arn?.["Fn::GetAtt"][0] ?? "";
      expect(template.Resources[id]?.Properties.FunctionName).toBe(`stablehand-${name}`);
      const role = template.Resources[RoleArn?.["Fn::GetAtt"][0] ?? ""];
      expect(role?.Properties.Policies).toEqual([
        {
          PolicyName: "target",
          PolicyDocument: {
            Version: "2012-10-17",
            Statement: [
              { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: Arn },
              { Effect: "Allow", Action: "sqs:SendMessage", Resource: expect.anything() },
            ],
          },
        },
      ]);
    }
  });

  it.each([
    ["monday", "friday"],
    ["tuesday", "monday"],
    ["friday", "thursday"],
  ] as const)("a deployment on %s is examined on %s", (deployment, day) => {
    expect(workingDayBefore(deployment)).toBe(day);
  });

  it.each([
    [{ weekday: "monday", time: "13:00" }, 0, { weekDay: "MON", hour: "13", minute: "0" }],
    [{ weekday: "friday", time: "23:55" }, 10, { weekDay: "SAT", hour: "0", minute: "5" }],
    [{ weekday: "tuesday", time: "09:50" }, 10, { weekDay: "TUE", hour: "10", minute: "0" }],
  ] as const)("%j and %i minutes", (schedule, minutes, cron) => {
    expect(cronOf(schedule, minutes)).toEqual(cron);
  });
});

describe("what the scheduler hands over", () => {
  /** As the scheduler fills it in: to the second, in UTC. */
  const at = (name: string, time: string) =>
    JSON.parse(
      String((schedule(name).Properties.Target as { Input: string }).Input).replaceAll(
        "<aws.scheduler.scheduled-time>",
        time,
      ),
    ) as unknown;

  it("starts the run of that local day, once", async () => {
    const first = await startRun(at("start", "2026-11-23T12:00:00Z"));
    expect(first).toMatchObject({ run: "weekly-2026-11-23", started: true });
    expect(await startRun(at("start", "2026-11-23T12:00:00Z"))).toMatchObject({ started: false });
    expect([...system.executions.keys()]).toEqual(["weekly-2026-11-23"]);
  });

  it("finds a run that was started, and says nothing", async () => {
    await startRun(at("start", "2026-07-06T11:00:00Z"));
    expect(await watchStart(at("watch", "2026-07-06T11:10:00Z"))).toEqual({
      run: "weekly-2026-07-06",
      started: true,
    });
    expect(system.posts).toEqual([]);
  });

  it("tells of a run that was not started", async () => {
    const outcome = await watchStart(at("watch", "2026-11-23T12:10:00Z"));
    expect(outcome).toEqual({ run: "weekly-2026-11-23", started: false });
    expect(system.posts).toEqual([
      {
        channel: "C000PACKIT",
        text: expect.stringMatching(
          /^⚠️ No weekly deployment was started at 13:00 CET, so weekly-2026-11-23 /,
        ),
      },
    ]);
  });

  it.each([{}, { watchedAt: "13:10", minutesAfterStart: 10 }, null])("refuses %j", async (event) => {
    await expect(watchStart(event)).rejects.toMatchObject({ name: "BadInput" });
  });
});

interface GetAtt {
  "Fn::GetAtt": [string, string];
}

function schedule(name: string): Resource {
  const found = Object.values(ofType(template, "AWS::Scheduler::Schedule")).find(
    ({ Properties }) => String(Properties.Name) === `stablehand-${name}`,
  );
  if (!found) throw new Error(`There is no schedule ${name}.`);
  return found;
}
