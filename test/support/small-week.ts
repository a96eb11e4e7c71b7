import type { ConfigInput } from "../../functions/runtime/config.ts";
import { packit } from "../../infra/config/packit.ts";
import {
  baseMessage,
  evenRepository,
  madeUpSha,
  type SeedRepository,
  type WorldSeed,
} from "../../infra/local/world/seed.ts";

/**
 * The least that has everything: an RPM, a library's image that waits for it and has two of them, an image without a
 * dispatch whose commits change a workflow file, and one that nothing depends on.
 */
const commits: Record<string, { title: string; files?: Record<string, string> }[]> = {
  packit: [{ title: "Keep file modes (#1)" }, { title: "Sync faster (#2)" }],
  "packit-service-fedmsg": [{ title: "Log less (#3)" }, { title: "Reconnect (#4)" }],
  dashboard: [
    { title: "Show the time zone (#5)" },
    { title: "Lint (#6)", files: { ".github/workflows/lint.yml": "on: [pull_request]\n" } },
  ],
  "packit-service": [{ title: "Answer faster (#7)" }, { title: "Retry submissions (#8)" }],
};

/** The team's own: what the week leaves alone has nothing to deploy. */
export const smallConfig: ConfigInput = packit;

const hour = 3_600_000;

/** Four repositories can move, the others have nothing to deploy. */
export function smallWeek(now = Date.now()): WorldSeed {
  const at = (hours: number) => new Date(now - 7 * 24 * hour + hours * hour).toISOString();
  const repositories = packit.repositories.map(({ name }): SeedRepository => {
    const list = commits[name];
    if (!list) return evenRepository(name, madeUpSha(name, "base"), at(0));
    const base = {
      sha: madeUpSha(name, "base"),
      message: baseMessage,
      date: at(0),
      parents: [],
      author: null,
    };
    const ahead = list.map(({ title, files }, index) => ({
      sha: madeUpSha(name, title),
      message: title,
      date: at(index + 1),
      parents: [index === 0 ? base.sha : madeUpSha(name, list[index - 1]?.title ?? "")],
      author: null,
      ...(files ? { files } : {}),
    }));
    return { name, base, ahead, behind: [], main: ahead.at(-1)?.sha ?? base.sha, stable: base.sha };
  });
  return { repositories, notes: [] };
}
