import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import type { BuildProject } from "../../functions/catalog.ts";
import type { SecretName } from "../../functions/runtime/secrets.ts";

/** What the build jobs are, as plain data: the stack and the local CodeBuild both make them from this. */
export interface ProjectDefinition {
  description: string;
  /** File in this folder. */
  buildspec: string;
  /** Variable → where in which secret its value stands. */
  secrets: Record<string, { secret: SecretName; key: string }>;
  timeoutMinutes: number;
  /** Talks to the cluster, so it has to be where that can be reached. */
  cluster: boolean;
  /** Writes Ansible's output into the bucket that OUTPUT_BUCKET names. */
  keepsOutput: boolean;
}

const vault = {
  BW_CLIENTID: { secret: "bitwarden", key: "clientId" },
  BW_CLIENTSECRET: { secret: "bitwarden", key: "clientSecret" },
  BW_PASSWORD: { secret: "bitwarden", key: "masterPassword" },
} as const;

export const projects: Record<BuildProject, ProjectDefinition> = {
  "read-vault": {
    description: "Reads the changelog of the vault.",
    buildspec: "read-vault.yml",
    secrets: vault,
    timeoutMinutes: 10,
    cluster: false,
    keepsOutput: false,
  },
  "apply-objects": {
    description: "Applies the Kubernetes objects of the deployment repository.",
    buildspec: "apply-objects.yml",
    secrets: { ...vault, API_KEY: { secret: "deployment", key: "apiKey" } },
    timeoutMinutes: 45,
    cluster: true,
    keepsOutput: true,
  },
};

/** Where the buildspecs and their scripts are; it is the source of every project. */
export const sourceFolder = fileURLToPath(new URL(".", import.meta.url));

const phase = z.object({ commands: z.array(z.string()).default([]) });
const buildspec = z.object({
  version: z.literal(0.2),
  env: z.object({ shell: z.literal("bash"), "exported-variables": z.array(z.string()) }),
  phases: z.object({
    install: phase.optional(),
    pre_build: phase.optional(),
    build: phase,
    post_build: phase.optional(),
  }),
});

export type Buildspec = z.output<typeof buildspec>;

/** @throws ZodError for one that is of another shape. */
export function readBuildspec(file: string): Buildspec {
  return buildspec.parse(parse(readFileSync(`${sourceFolder}${file}`, "utf8")));
}
