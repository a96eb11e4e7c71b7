import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  ContextAttribute,
  type CronOptionsWithTimezone,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Aws, Duration, TimeZone } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import type { Config } from "../../functions/runtime/config.ts";
import type { Functions } from "./functions.ts";

export interface RunScheduleProps {
  installation: string;
  schedule: Config["schedule"];
  /** Null: there is none. */
  cleanup: Config["cleanup"];
  functions: Functions;
  /** Gets what the scheduler could not hand over. */
  deadLetters: IQueue;
}

/** So long after its time a run should have been started. */
const watchedAfterMinutes = 10;

const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** On the working day before the run, so that its hours are left to mend what is broken. */
const examinedAt = "10:00";

/**
 * Looks on the working day before whether the weekly run would go through, starts it at its time, and looks whether that
 * worked; and starts the monthly cleanup.
 */
export class RunSchedule extends Construct {
  constructor(scope: Construct, id: string, props: RunScheduleProps) {
    super(scope, id);
    const { schedule, cleanup, functions } = props;
    const { weekday, time, timeZone } = schedule;
    newSchedule(this, "Start", props, {
      at: cronOf(schedule, 0),
      description: `${weekday} ${time} ${timeZone}`,
      target: functions.named("StartRun"),
      input: { scheduledFor: ContextAttribute.scheduledTime, by: "schedule" },
    });
    newSchedule(this, "Watch", props, {
      at: cronOf(schedule, watchedAfterMinutes),
      description: `${weekday} ${time} ${timeZone} + ${watchedAfterMinutes} minutes`,
      target: functions.named("WatchStart"),
      input: { watchedAt: ContextAttribute.scheduledTime, minutesAfterStart: watchedAfterMinutes },
    });
    const examined = { weekday: workingDayBefore(weekday), time: examinedAt };
    newSchedule(this, "Doctor", props, {
      at: cronOf(examined, 0),
      description: `${examined.weekday} ${examined.time} ${timeZone}`,
      target: functions.named("Doctor"),
      input: { speakUp: true },
    });
    if (!cleanup) return;
    const [hour, minute] = cleanup.time.split(":").map((part) => String(Number(part)));
    newSchedule(this, "Cleanup", props, {
      at: { day: String(cleanup.dayOfMonth), hour, minute },
      description: `Day ${cleanup.dayOfMonth} of each month, ${cleanup.time} ${timeZone}`,
      target: functions.named("StartCleanup"),
      input: { scheduledFor: ContextAttribute.scheduledTime, by: "schedule" },
    });
  }
}

/** Monday → Friday. */
export function workingDayBefore(weekday: Config["schedule"]["weekday"]): Config["schedule"]["weekday"] {
  const week = ["monday", "tuesday", "wednesday", "thursday", "friday"] as const;
  return week[(week.indexOf(weekday) + week.length - 1) % week.length] as Config["schedule"]["weekday"];
}

interface Scheduled {
  at: CronOptionsWithTimezone;
  description: string;
  target: IFunction;
  input: Record<string, unknown>;
}

function newSchedule(
  scope: Construct,
  id: string,
  { installation, schedule, deadLetters }: RunScheduleProps,
  { at, description, target, input }: Scheduled,
): void {
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
    }),
    inlinePolicies: {
      target: new PolicyDocument({
        statements: [
          new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [target.functionArn] }),
          new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [deadLetters.queueArn] }),
        ],
      }),
    },
  });
  new Schedule(scope, id, {
    scheduleName: `${installation}-${id.toLowerCase()}`,
    description,
    schedule: ScheduleExpression.cron({ ...at, timeZone: TimeZone.of(schedule.timeZone) }),
    timeWindow: TimeWindow.off(),
    target: new LambdaInvoke(target, {
      role: role.withoutPolicyUpdates(),
      input: ScheduleTargetInput.fromObject(input),
      // The function tells two calls for the same time from two runs, so trying again is harmless.
      retryAttempts: 10,
      maxEventAge: Duration.minutes(30),
      deadLetterQueue: deadLetters,
    }),
  });
}

/** Weekday and time, some minutes later: that may be the day after. */
export function cronOf(
  { weekday, time }: Pick<Config["schedule"], "weekday" | "time">,
  minutesLater: number,
): { weekDay: string; hour: string; minute: string } {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  const minutes = hour * 60 + minute + minutesLater;
  const day = (weekdays.indexOf(weekday) + Math.floor(minutes / 1440)) % 7;
  return {
    weekDay: days[day] as string,
    hour: String(Math.floor(minutes / 60) % 24),
    minute: String(minutes % 60),
  };
}
