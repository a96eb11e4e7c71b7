import { z } from "zod";
import type { Backend } from "./backend.ts";
import { answerHistory, isHistoryQuery } from "./merged-history.ts";
import type { Pulls } from "./pulls.ts";
import { Refusal, refUpdate, updateRefs, type WorkflowsPermission } from "./refs.ts";
import type { Reply } from "./server.ts";
import { nodeId } from "./webhooks.ts";

/**
 * The GraphQL operations that Stablehand sends, with variables: `repository(owner, name) { id }`, `updateRefs`, and the
 * history of a commit. Like GitHub, it answers refusals with status 200 and a list of errors.
 */
export interface GraphqlOptions {
  backend: Backend;
  workflows: WorkflowsPermission;
  pulls: Pulls;
  mainBranch: string;
  publicUrl: string;
}

const envelope = z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()).nullish() });
const repositoryVariables = z.object({ owner: z.string(), name: z.string() });
const updateVariables = z.object({
  input: z.object({
    repositoryId: z.string(),
    refUpdates: z.array(refUpdate).min(1),
    clientMutationId: z.string().nullish(),
  }),
});
const repositoryAnswer = z.object({ id: z.number() });

export async function answerGraphql(text: string, options: GraphqlOptions): Promise<Reply> {
  const request = envelope.safeParse(JSON.parse(text || "{}"));
  if (!request.success) return { status: 400, body: { message: "Problems parsing JSON" } };
  const { query, variables } = request.data;
  const field = /\bupdateRefs\s*\(/.test(query) ? "updateRefs" : "repository";
  try {
    const data =
      field === "updateRefs" ? await update(variables, options) : await lookUp(query, variables, options);
    return { status: 200, body: { data } };
  } catch (error) {
    if (!(error instanceof Refusal) && !(error instanceof z.ZodError)) throw error;
    const failure =
      error instanceof Refusal
        ? { type: error.type, path: [field], message: error.message }
        : { path: ["query"], message: `Variables do not fit: ${z.prettifyError(error)}` };
    return { status: 200, body: { data: { [field]: null }, errors: [failure] } };
  }
}

async function lookUp(query: string, variables: unknown, options: GraphqlOptions) {
  if (isHistoryQuery(query)) return answerHistory(variables, options);
  const { backend } = options;
  if (!/\brepository\s*\([^)]*\)\s*\{\s*id\s*\}/.test(query)) {
    throw new Refusal(
      "UNPROCESSABLE",
      "The emulated GraphQL knows only repository { id }, the history of a commit, and updateRefs",
    );
  }
  const { owner, name } = repositoryVariables.parse(variables);
  const found = repositoryAnswer.safeParse(await backend.read(`/repos/${owner}/${name}`));
  if (!found.success) {
    throw new Refusal("NOT_FOUND", `Could not resolve to a Repository with the name '${owner}/${name}'.`);
  }
  return { repository: { id: repositoryNodeId(found.data.id) } };
}

async function update(variables: unknown, { backend, workflows }: GraphqlOptions) {
  const { repositoryId, refUpdates, clientMutationId } = updateVariables.parse(variables).input;
  const [, id] = /^Repository:(\d+)$/.exec(Buffer.from(repositoryId, "base64").toString()) ?? [];
  const found = id ? fullName.safeParse(await backend.read(`/repositories/${id}`)) : null;
  if (!found?.success) {
    throw new Refusal("NOT_FOUND", `Could not resolve to a node with the global id of '${repositoryId}'`);
  }
  const repository = found.data.full_name;
  await backend.exclusively(() => updateRefs(backend, repository, refUpdates, workflows));
  return { updateRefs: { clientMutationId: clientMutationId ?? null } };
}

const fullName = z.object({ full_name: z.string() });

function repositoryNodeId(id: number): string {
  return nodeId("Repository", id);
}
