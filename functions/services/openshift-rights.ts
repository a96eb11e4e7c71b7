import { z } from "zod";
import type { ClusterRight } from "../domain/needs.ts";
import { ServiceUnavailable } from "../runtime/errors.ts";
import { createClient } from "./openshift-client.ts";

const review = z.object({ status: z.object({ allowed: z.boolean() }) });

/**
 * Asks a cluster what our own token may do in its namespace, as `oc auth can-i` does. Needs no right, and changes nothing.
 * @returns whether it may.
 * @throws PermissionDenied when the token is not known there; ServiceUnavailable
 */
export async function mayDo(
  cluster: { apiUrl: string; namespace: string; token: string },
  { verb, group, resource }: ClusterRight,
): Promise<boolean> {
  const { call, custom, namespace } = createClient({ ...cluster, requestTimeoutMs: 10_000 });
  // A role writes `pods/log`; the question names its parts.
  const [name, subresource] = resource.split("/", 2);
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: { namespace, verb, group, resource: name, subresource } },
  };
  const request = { group: "authorization.k8s.io", version: "v1", plural: "selfsubjectaccessreviews", body };
  const answer = await call(`the right to ${verb} ${resource}`, (limits) =>
    custom.createClusterCustomObject(request, limits),
  );
  const parsed = review.safeParse(answer);
  if (parsed.success) return parsed.data.status.allowed;
  throw new ServiceUnavailable(`OpenShift's answer cannot be read (the right to ${verb} ${resource}).`);
}
