import { Stack, Validations } from "aws-cdk-lib/core";
import type { IConstruct } from "constructs";

/** Accepts findings of cdk-nag on a construct and everything in it, each with the reason why it is right so. */
export function acknowledge(construct: IConstruct, reasons: Record<string, string>): void {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
}

/** The finding about a resource of a policy that ends in `*`. */
export function wildcard(scope: IConstruct, resource: string): string {
  return `AwsSolutions-IAM5[Resource::${flat(Stack.of(scope).resolve(resource))}]`;
}

/** References as cdk-nag writes them: `arn:<AWS::Partition>:states:…`. */
function flat(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const { Ref: ref, "Fn::GetAtt": attribute, "Fn::Join": join } = value as Record<string, unknown>;
  if (ref) return `<${ref}>`;
  if (attribute) return `<${(attribute as string[]).join(".")}>`;
  const [separator, parts] = (join ?? ["", []]) as [string, unknown[]];
  return parts.map(flat).join(separator);
}
