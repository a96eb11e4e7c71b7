import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  ContextAttribute,
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

/** Looks on the working day before whether the weekly run would go through, starts it at its time, and looks whether that worked. */
export class RunSchedule extends Construct {
  constructor(scope: Construct, id: string, props: RunScheduleProps) {
    super(scope, id);
    newSchedule(this, "Start", props, 0, props.functions.named("StartRun"), {
      scheduledFor: ContextAttribute.scheduledTime,
      by: "schedule",
    });
    newSchedule(this, "Watch", props, watchedAfterMinutes, props.functions.named("WatchStart"), {
      watchedAt: ContextAttribute.scheduledTime,
      minutesAfterStart: watchedAfterMinutes,
    });
    const before = workingDayBefore(props.schedule.weekday);
    const examined = { ...props.schedule, weekday: before, time: examinedAt };
    newSchedule(this, "Doctor", { ...props, schedule: examined }, 0, props.functions.named("Doctor"), {
      speakUp: true,
    });
  }
}

/** Monday → Friday. */
export function workingDayBefore(weekday: Config["schedule"]["weekday"]): Config["schedule"]["weekday"] {
  const week = ["monday", "tuesday", "wednesday", "thursday", "friday"] as const;
  return week[(week.indexOf(weekday) + week.length - 1) % week.length] as Config["schedule"]["weekday"];
}

function newSchedule(
  scope: Construct,
  id: string,
  { installation, schedule, deadLetters }: RunScheduleProps,
  minutesLater: number,
  target: IFunction,
  input: Record<string, unknown>,
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
    description: `${schedule.weekday} ${schedule.time} ${schedule.timeZone}${minutesLater ? ` + ${minutesLater} minutes` : ""}`,
    schedule: ScheduleExpression.cron({
      ...cronOf(schedule, minutesLater),
      timeZone: TimeZone.of(schedule.timeZone),
    }),
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
