import { z } from "zod";
import { BadConfiguration } from "../../functions/runtime/errors.ts";

const hostname = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;

/**
 * What a person may choose about an installation. Each has its help text, none has to be given. They are context of
 * CDK: `-c alarmEmail=team@example.org`, or, so that the next deployment keeps them, under `context` in cdk.json.
 */
const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{1,19}$/, "is not 2 to 20 lower-case letters, digits and dashes")
      .default("stablehand")
      .describe("Name of the installation: of its stack, and the first part of every other name."),
    alarmEmail: z
      .email("is no e-mail address")
      .optional()
      .describe(
        "Gets alarms and failed runs by mail. AWS asks it to confirm once. Without it alarms show on the dashboard only.",
      ),
    domainName: z
      .string()
      .regex(hostname, "is no host name")
      .optional()
      .describe(
        "Host name of the pages and webhooks instead of AWS's own; needs certificateArn, and a DNS record afterwards.",
      ),
    certificateArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:acm:/, "is no ARN of an ACM certificate")
      .optional()
      .describe("The certificate (ACM, same region) for domainName."),
    vpcId: z
      .string()
      .regex(/^vpc-[0-9a-f]+$/, "is no VPC id, such as vpc-0123abcd")
      .optional()
      .describe(
        "VPC for the functions and jobs that talk to the cluster, where its API is not public; needs subnetIds.",
      ),
    subnetIds: z
      .string()
      .regex(
        /^subnet-[0-9a-f]+(,subnet-[0-9a-f]+)*$/,
        "is no list of subnet ids, such as subnet-01,subnet-02",
      )
      .transform((text) => text.split(","))
      .optional()
      .describe("Private subnets of vpcId with a way out (NAT), separated by commas."),
    keptTable: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{3,255}$/, "is no table name")
      .optional()
      .describe(
        "Table that a removed installation of the same name left behind: it and the secrets are used again.",
      ),
  })
  .refine((given) => (given.domainName === undefined) === (given.certificateArn === undefined), {
    message: "domainName and certificateArn go together",
  })
  .refine((given) => (given.vpcId === undefined) === (given.subnetIds === undefined), {
    message: "vpcId and subnetIds go together",
  });

export type Settings = z.output<typeof schema>;

/** Every setting with its help text and its default, for people. */
export const settingsHelp: { name: string; help: string; fallback: string | null }[] = Object.entries(
  schema.shape,
).map(([name, value]) => ({
  name,
  help: value.description ?? "",
  fallback: value instanceof z.ZodDefault ? String(value.def.defaultValue) : null,
}));

/**
 * Reads the settings from CDK's context. What CDK and its CLI put there themselves has a prefix or is listed here.
 * @throws BadConfiguration that lists every problem, unknown names included: a typing error must not pass for "not given".
 */
export function readSettings(context: Record<string, unknown>): Settings {
  const given = Object.entries(context).filter(([name]) => !/[:@/]/.test(name) && !ofTheCli.has(name));
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map(
          (key) => `${key}: is no known setting (${settingsHelp.map((each) => each.name).join(", ")})`,
        )
      : [`${issue.path.join(".") || "settings"}: ${issue.message}`],
  );
  throw new BadConfiguration(
    `The settings (context of CDK) have problems:\n${problems.map((each) => `  ${each}`).join("\n")}`,
  );
}

const ofTheCli = new Set(["cli-telemetry"]);
