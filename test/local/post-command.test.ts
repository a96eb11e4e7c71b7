import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { packit } from "../../infra/config/packit.ts";
import { postCommand } from "../../infra/post-command.ts";
import { startGraphql } from "../support/github-history.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "stablehand-post-"));
  vi.stubEnv("GITHUB_TOKEN", "");
  vi.stubEnv("STABLEHAND_SECRETS", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const note = (text: string) => `\n\nRELEASE NOTES BEGIN\n${text}\nRELEASE NOTES END`;
const days = ["--since", "2026-11-17", "--till", "2026-11-23"];

async function post(...argv: string[]) {
  const said = { out: "", error: "" };
  const terminal = {
    out: (text: string) => {
      said.out += text;
    },
    error: (text: string) => {
      said.error += text;
    },
  };
  return { code: await postCommand(argv, terminal, "2026-11-24T10:00:00Z"), ...said };
}

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const commit = (pr: number, date: string, message: string) => ({
  sha: `${pr}`.repeat(40),
  date,
  message,
  pr,
});
const week = {
  commits: {
    packit: [
      commit(5, "2026-11-23T23:30:00Z", `Already Tuesday in Prague (#5)${note("Five.")}`),
      commit(4, "2026-11-20T10:00:00Z", "Add a thing (#4)"),
      commit(3, "2026-11-18T10:00:00Z", `Add it (#3)${note("Packit can do it")}`),
      commit(2, "2026-11-17T09:00:00Z", `Told before (#2)${note("Two.")}`),
      commit(1, "2026-11-16T22:30:00Z", `Still Monday in Prague (#1)${note("One.")}`),
    ],
    sandcastle: [commit(9, "2026-11-18T10:00:00Z", `Not told at all (#9)${note("Nine.")}`)],
  },
  posts: [
    {
      file: "weekly/2026/week-46.md",
      since: "2026-11-10",
      till: "2026-11-17",
      writtenAt: "2026-11-17T13:00:00Z",
      entries: [{ text: "Two.", links: [{ repo: "packit", number: 2, kind: "pull" }] }],
    },
  ],
};

describe("npm run post", () => {
  it("drafts the post of the days from a file, on the team's clock, telling nothing twice", async () => {
    const { code, out, error } = await post(...days, "--data", file("week.json", week), "--author", "ada");
    expect(code).toBe(0);
    expect(out).toMatch(/^---\ntitle: Packit in November 2026\ndate: 2026-11-23\nauthors: ada\n/);
    expect(out.match(/^- .*$/gm)).toEqual([
      "- Packit can do it. ([packit#3](https://github.com/packit/packit/pull/3))",
    ]);
    expect(error).toMatch(/^weekly\/2026\/week-47\.md: drafted from 3 changes merged from 2026-11-17/);
  });

  it("prints the candidates after it when asked to", async () => {
    const { out } = await post(...days, "--data", file("week.json", week), "--candidates");
    expect(out).toContain("- [ ] [packit#4](https://github.com/packit/packit/pull/4) Add a thing");
    expect(out).not.toContain("authors:");
  });

  it("makes no post of days without news, and says so", async () => {
    const { code, out, error } = await post(
      "--since",
      "2026-11-19",
      "--till",
      "2026-11-19",
      "--data",
      file("w", week),
    );
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(error).toContain("No news in 0 changes");
  });

  it("asks GitHub, one request for each repository, with the token and the days of the team's clock", async () => {
    const pull = (number: number, body: string) => ({ number, title: "Add it", body, author: "ada" });
    const github = await startGraphql({
      packit: [
        {
          oid: "a",
          message: "Add it (#1)",
          date: "2026-11-18T10:00:00Z",
          pull: pull(1, note("Use `packit it`.")),
        },
        { oid: "b", message: `Old${note("Old.")}`, date: "2026-11-01T10:00:00Z", pull: pull(2, "") },
      ],
      "packit-service": [{ oid: "c", message: "Add it (#7)", pull: pull(7, "") }],
      dashboard: [],
      ogr: [],
      specfile: [],
    });
    try {
      vi.stubEnv("GITHUB_TOKEN", "t0ken");
      const config = file("config.json", { ...packit, github: { ...packit.github, apiUrl: github.url } });
      const { code, out } = await post(...days, "--config", config, "--candidates");
      expect(code).toBe(0);
      expect(out).toContain("- Use `packit it`. ([packit#1](https://github.com/packit/packit/pull/1))");
      expect(out).toContain("- [ ] [packit-service#7]");
      expect(out).not.toContain("Old.");
      expect(github.requests.map(({ variables }) => variables.name).toSorted()).toEqual([
        "dashboard",
        "ogr",
        "packit",
        "packit-service",
        "specfile",
      ]);
      expect(github.requests[0]).toMatchObject({
        token: "t0ken",
        variables: { since: "2026-11-16T23:00:00.000Z", until: "2026-11-23T22:59:59.999Z" },
      });
      github.answerWith({ status: 502, body: {} });
      expect(await post(...days, "--config", config)).toMatchObject({
        code: 1,
        out: "",
        error: expect.stringContaining("GitHub"),
      });
    } finally {
      await github.close();
    }
  });

  it("explains itself", async () => {
    expect(await post("--help")).toMatchObject({
      code: 0,
      out: expect.stringContaining("Usage: npm run --silent post"),
      error: "",
    });
  });

  it.each([
    [[], /needs --since DAY/],
    [["--since", "2026-02-30"], /--since takes a day such as 2026-11-23, not "2026-02-30"/],
    [["--since", "yesterday"], /--since takes a day/],
    [["--since", "2026-11-23", "--till", "2026-11-17"], /is after --till/],
    [["--sinc", "x"], /Unknown option '--sinc'/],
    [days, /set GITHUB_TOKEN, or STABLEHAND_SECRETS/],
    [[...days, "--data", "/nowhere.json"], /nowhere\.json cannot be read/],
    [[...days, "--config", "/nowhere.json"], /nowhere\.json cannot be read/],
  ])("refuses %j", async (argv, message) => {
    const { code, out, error } = await post(...argv);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toMatch(message);
    expect(error.trim().split("\n")).toHaveLength(1);
  });

  it("tells where a file is not what it should be", async () => {
    const broken = file("broken.json", {
      commits: { packit: [{ ...week.commits.packit[0], date: "Monday" }] },
    });
    const { code, error } = await post(...days, "--data", broken);
    expect(code).toBe(2);
    expect(error).toContain("commits.packit.0.date");
    const config = file("config.json", { ...packit, post: { order: ["pakit"] } });
    expect(await post(...days, "--config", config)).toMatchObject({
      code: 2,
      error: expect.stringMatching(/post\.order\.0: .*pakit/),
    });
  });
});
