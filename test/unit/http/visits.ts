import { personalLink } from "../../../functions/runtime/links.ts";
import { runs } from "../../../functions/store/runs.ts";
import { askingRun, type HttpSystem } from "../../support/http-system.ts";

/** The approval page as people meet it: links, the page, the form. */

type Setup = Parameters<typeof askingRun>[0];

/** A run that asks, and links to it. */
export async function asking(system: HttpSystem, setup?: Setup) {
  const { run, plan, token } = await askingRun(setup);
  const linkOf = async (
    login: string,
    changes: { question?: string; plan?: string; minutes?: number } = {},
  ) =>
    await personalLink({
      login,
      run: run.id,
      question: changes.question ?? "approval-1",
      plan: changes.plan ?? plan.digest,
      expiresAt: new Date(Date.now() + (changes.minutes ?? 60) * 60_000).toISOString(),
    });
  return {
    run: run.id,
    plan,
    linkOf,
    link: await linkOf("ada-packit"),
    decision: async () => await runs().decision(run.id, "approval-1"),
    timesResumed: () => system.resumed.filter((each) => each.token === token).length,
  };
}

export async function get(link: string): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(link);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

export type Fields = Record<string, string | string[]>;

/** Sends the form of a link's page as a browser does. */
export async function post(system: HttpSystem, link: string, fields: Fields) {
  const form = new URLSearchParams({ token: new URL(link).searchParams.get("token") ?? "" });
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) form.append(name, each);
  }
  const page = `${system.url}${new URL(link).pathname}`;
  const response = await fetch(page, { method: "POST", body: form, redirect: "manual" });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

export function h1(text: string): string | undefined {
  return /<h1[^>]*>(.*?)<\/h1>/.exec(text)?.[1];
}
