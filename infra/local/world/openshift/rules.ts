import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import type { ClusterName } from "../../../../functions/runtime/config.ts";

/**
 * What our service account may do in a cluster: the very manifests that an admin applies there. What they do not allow
 * is answered with 403, so every rehearsal shows that they are enough.
 */
export interface Rules {
  allow(verb: string, group: string, resource: string): boolean;
  /** `verb resource.group` of every request so far that was allowed. */
  used(): string[];
}

const role = z.object({
  kind: z.literal("Role"),
  rules: z.array(
    z.object({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      verbs: z.array(z.string()),
    }),
  ),
});

/** `verb resource.group` of everything that the manifest of a cluster allows. */
export function rightsIn(cluster: ClusterName): string[] {
  const file = new URL(`../../../openshift/${cluster}.yaml`, import.meta.url);
  const documents = parseAllDocuments(readFileSync(file, "utf8")).map((each) => each.toJS() as unknown);
  const roles = documents.flatMap((each) => role.safeParse(each).data ?? []);
  return roles
    .flatMap(({ rules }) => rules)
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => right(verb, group, resource))),
      ),
    );
}

export function createRules(cluster: ClusterName): Rules {
  const allowed = new Set(rightsIn(cluster));
  const used = new Set<string>();
  return {
    allow(verb, group, resource) {
      const wanted = right(verb, group, resource);
      if (allowed.has(wanted)) used.add(wanted);
      return allowed.has(wanted);
    },
    used: () => [...used].sort(),
  };
}

/** For who is no program of ours. */
export const everything: Rules = { allow: () => true, used: () => [] };

function right(verb: string, group: string, resource: string): string {
  return `${verb} ${group === "" ? resource : `${resource}.${group}`}`;
}
