import { mkdirSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { personalLink } from "../../functions/runtime/links.ts";
import { runs } from "../../functions/store/runs.ts";
import { violations } from "../support/axe.ts";
import { type BrowserOptions, browserIsHere, openBrowser } from "../support/browser.ts";
import {
  askingRun,
  badWeek,
  type HttpSystem,
  samplePlan,
  sampleReport,
  sha,
  startHttpSystem,
} from "../support/http-system.ts";

const phone: BrowserOptions = { width: 390, height: 844, colorScheme: "light", phone: true };
const pictures = "test-results";

describe.skipIf(!browserIsHere())("the approval page in a browser", () => {
  let system: HttpSystem;
  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    system = await startHttpSystem();
  });
  afterAll(async () => await system.close());

  async function visit(
    options: BrowserOptions,
    work: (page: Page, run: string, other: string) => Promise<void>,
    setup?: Parameters<typeof askingRun>[0],
  ) {
    const { run, plan } = await askingRun(setup);
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const binding = { run: run.id, question: "approval-1", plan: plan.digest };
    const linkOf = async (login: string) => await personalLink({ login, ...binding, expiresAt });
    const { context, close } = await openBrowser(options);
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(5000);
      await page.goto(await linkOf("ada-packit"));
      await work(page, run.id, await linkOf("ben-packit"));
    } finally {
      await close();
    }
  }

  const weeks: [string, string, string, Parameters<typeof askingRun>[0]?][] = [
    ["an ordinary", "ordinary", "Healthy"],
    ["a bad", "bad", "Failed", badWeek()],
  ];
  test.each(weeks)(
    "%s week: a phone shows verdict, repositories, warnings and the first button without scrolling",
    async (_, name, verdict, setup) => {
      const work = async (page: Page) => {
        await page.screenshot({ path: `${pictures}/approval-phone-${name}.png` });
        const seen = [
          page.locator("form button").first(),
          page.getByText(verdict, { exact: true }).first(),
          page.getByText("4 of 6"),
          page.getByRole("list", { name: "Warnings" }),
        ];
        for (const element of seen) {
          const box = await element.boundingBox();
          expect(box).not.toBeNull();
          expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(phone.height);
        }
        for (const details of await page.locator("details").all()) await details.locator("summary").click();
        const width = await page.evaluate("document.documentElement.scrollWidth");
        expect(width, "nothing is wider than the screen").toBe(phone.width);
        await page.screenshot({ path: `${pictures}/approval-phone-${name}-whole.png`, fullPage: true });
      };
      await visit(phone, work, setup);
    },
  );

  test("whatever strangers write: nothing of it runs, and nothing is wider than a phone", async () => {
    const plan = samplePlan();
    const long = `${"unbroken".repeat(40)}\u202e`;
    const hostile = `</option></select></style><script>document.title="x"</script><img src=x onerror=alert(1)>${long}`;
    for (const repository of plan.repositories) {
      for (const each of [...repository.commits, ...repository.ownCommits]) {
        each.title = hostile;
        each.author = hostile;
      }
      repository.migrations = repository.migrations.map((path) => path + long);
      if (repository.reason) repository.reason = hostile;
    }
    const link = "javascript:alert(1)";
    const problem = { key: "k", verdict: "warning" as const, text: hostile, link, due: false };
    const checks = sampleReport.checks.map((each) => ({
      ...each,
      ...{ name: hostile, summary: hostile, evidence: [hostile], problems: [problem], link },
    }));
    const work = async (page: Page) => {
      const dialogs: string[] = [];
      page.on("dialog", (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      await page.reload();
      for (const details of await page.locator("details").all()) await details.locator("summary").click();
      const width = async () => await page.evaluate("document.documentElement.scrollWidth");
      expect(await width()).toBe(phone.width);
      await page.screenshot({ path: `${pictures}/approval-phone-hostile.png` });
      await page.getByLabel("Comment (optional)").fill(hostile.slice(0, 480));
      await page.getByRole("button", { name: "Reject" }).click();
      await page.getByRole("heading", { level: 1, name: "Rejected by Ada" }).waitFor();
      expect(await width()).toBe(phone.width);
      await page.screenshot({ path: `${pictures}/approval-phone-hostile-rejected.png` });
      expect(await page.title()).toBe("Rejected by Ada · Stablehand");
      expect(dialogs).toEqual([]);
      expect(await page.locator("a[href^=javascript], img, main script").count()).toBe(0);
    };
    await visit(phone, work, { plan, report: { ...sampleReport, checks } });
  });

  test("approve with changes by real clicks", async () => {
    await visit(phone, async (page, run) => {
      const approve = page.locator("form button").first();
      await expect.poll(() => approve.innerText()).toBe("Approve as planned");
      await page.getByText("Change ogr").click();
      await page.getByLabel("Commit of main").first().selectOption(sha("ogr", 2));
      await page.getByText("Change packit", { exact: true }).click();
      await page.getByLabel("Leave packit out").check();
      await page.getByText("Change dashboard").click();
      await page.getByLabel(/^Force dashboard/).check();
      await expect.poll(() => approve.innerText()).toBe("Approve with your changes");
      await page.screenshot({ path: `${pictures}/approval-phone-changed.png`, fullPage: true });
      await approve.click();
      await page.getByRole("heading", { level: 1, name: "Approved by Ada" }).waitFor();
      await page.screenshot({ path: `${pictures}/approval-phone-approved.png`, fullPage: true });
      expect(await runs().decision(run, "approval-1")).toMatchObject({
        answer: "approve",
        by: "ada-packit",
        via: "page",
        changes: { commits: { ogr: sha("ogr", 2) }, leaveOut: ["packit"], force: ["dashboard"] },
      });
      await vi.waitFor(() => expect(system.resumed.at(-1)?.token).toBe(`task-token-of-${run}`));
    });
  });

  test("reject with a comment, and a second approver comes late", async () => {
    await visit(phone, async (page, run, linkOfBen) => {
      const late = await page.context().newPage();
      late.setDefaultTimeout(5000);
      await late.goto(linkOfBen);
      await page.getByLabel("Comment (optional)").fill("Fedora mass rebuild");
      await page.getByRole("button", { name: "Reject" }).click();
      await page.getByRole("heading", { level: 1, name: "Rejected by Ada" }).waitFor();
      await late.getByRole("button", { name: "Approve as planned" }).first().click();
      await late.getByRole("alert").getByText("Your answer came second and changes nothing").waitFor();
      await late.getByRole("heading", { level: 1, name: "Rejected by Ada" }).waitFor();
      await late.screenshot({ path: `${pictures}/approval-phone-late.png`, fullPage: true });
      expect(await runs().decision(run, "approval-1")).toMatchObject({
        answer: "reject",
        by: "ada-packit",
        comment: "Fedora mass rebuild",
      });
    });
  });

  test("postpone by an hour, as the form suggests", async () => {
    await visit(phone, async (page, run) => {
      await page.getByRole("button", { name: "Postpone" }).click();
      await page.getByRole("heading", { level: 1, name: "Postponed by Ada" }).waitFor();
      await page.getByText("The question is asked again").waitFor();
      await page.screenshot({ path: `${pictures}/approval-phone-postponed.png` });
      const decision = await runs().decision(run, "approval-1");
      expect(decision).toMatchObject({ answer: "postpone", by: "ada-packit" });
      const minutes = (Date.parse(decision?.until ?? "") - Date.now()) / 60_000;
      expect(minutes).toBeGreaterThan(55);
      expect(minutes).toBeLessThanOrEqual(60);
    });
  });

  test.each(["light", "dark"] as const)(
    "axe-core finds no violations, with everything open: %s",
    async (colorScheme) => {
      await visit({ ...phone, colorScheme }, async (page) => {
        for (const details of await page.locator("details").all()) await details.locator("summary").click();
        expect(await violations(page)).toEqual([]);
      });
    },
  );

  test("the Enter key in a field approves nothing", async () => {
    await visit(phone, async (page, run) => {
      for (const field of ["Ask again at", "Leave packit out"]) {
        await page.getByText("Change packit", { exact: true }).click();
        await page.getByLabel("Leave packit out").check();
        await page.getByLabel(field).press("Enter");
        await page.getByRole("alert").getByText("Choose approve, reject, or postpone.").waitFor();
        expect(await page.getByLabel("Leave packit out").isChecked()).toBe(true);
        expect(await runs().decision(run, "approval-1")).toBeNull();
        await page.goBack();
      }
    });
  });

  test("no script runs and nothing is loaded; the page is styled by its own sheet", async () => {
    await visit({ width: 1280, height: 900, colorScheme: "dark" }, async (page) => {
      const requests: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      const problems: string[] = [];
      page.on("console", (message) => problems.push(message.text()));
      await page.reload();
      expect(requests).toHaveLength(1);
      expect(problems).toEqual([]);
      const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      expect(background).toBe("rgb(18, 22, 27)");
      await page.screenshot({ path: `${pictures}/approval-desktop-dark.png`, fullPage: true });
    });
  });

  test("looks the same in the other light and on the other screen", async () => {
    await visit({ ...phone, colorScheme: "dark" }, async (page) => {
      await page.screenshot({ path: `${pictures}/approval-phone-dark.png` });
    });
    await visit({ width: 1280, height: 900, colorScheme: "light" }, async (page) => {
      await page.screenshot({ path: `${pictures}/approval-desktop-light.png`, fullPage: true });
    });
  });
});
