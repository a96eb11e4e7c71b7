import { mkdirSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runListLink, runPageLink } from "../../functions/runtime/links.ts";
import { answerByLink } from "../../infra/local/approver.ts";
import { violations } from "../support/axe.ts";
import { type BrowserOptions, browserIsHere, openBrowser } from "../support/browser.ts";
import { watchShifts } from "../support/layout-shift.ts";
import { startTestSystem, type TestSystem } from "../support/local-system.ts";

const phone: BrowserOptions = { width: 390, height: 844, colorScheme: "light", phone: true };
const desktop: BrowserOptions = { width: 1280, height: 900, colorScheme: "light" };
const pictures = "test-results";

async function visit(
  options: BrowserOptions,
  link: string,
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const { context, close } = await openBrowser(options);
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(link);
    await work(page);
  } finally {
    await close();
  }
}

describe.skipIf(!browserIsHere())("the page of a run in a browser", () => {
  let system: TestSystem;

  describe("while a whole rehearsal goes on", () => {
    beforeAll(async () => {
      mkdirSync(pictures, { recursive: true });
      system = await startTestSystem();
    });
    afterAll(async () => await system.close());

    test("moves by itself from the question to the end, and nothing on the screen is shifted", {
      timeout: 120_000,
    }, async () => {
      const started = await system.start();
      await system.entered(started.run, "AskApproval");
      const { context, close } = await openBrowser(desktop);
      try {
        const page = await context.newPage();
        page.setDefaultTimeout(60_000);
        const problems: string[] = [];
        page.on("console", (message) => problems.push(message.text()));
        const shifts = await watchShifts(page);
        await page.goto(await runPageLink(started.run));
        const status = page.getByRole("status");
        const loads: string[] = [];
        page.on("load", () => loads.push("loaded again"));
        expect(await status.innerText()).toBe("running");
        await page.getByRole("region", { name: "Now, scrolls" }).getByText("Ask approval").waitFor();
        await page.screenshot({ path: `${pictures}/run-desktop-asked.png`, fullPage: true });

        // What a person has opened stays open.
        await page
          .getByText(/commits? of packit-service/)
          .first()
          .click();
        await answerByLink(await system.link("ada-packit"), "approve");
        await page.getByText("approved the plan, on the page").waitFor();
        await page.screenshot({ path: `${pictures}/run-desktop-moving.png`, fullPage: true });
        expect(await system.ended(started)).toBe("SUCCEEDED");
        await page.getByRole("status").filter({ hasText: "finished" }).waitFor();

        expect(await page.locator("details[open]").count()).toBe(1);
        expect((await shifts()).what).toEqual([]);
        expect(loads).toEqual([]);
        expect(problems).toEqual([]);
      } finally {
        await close();
      }
    });

    test.each([
      ["phone", phone],
      ["phone-dark", { ...phone, colorScheme: "dark" as const }],
      ["desktop", desktop],
      ["desktop-dark", { ...desktop, colorScheme: "dark" as const }],
    ])("has no violations of accessibility, and fits the screen: %s", async (name, options) => {
      await visit(options, await runPageLink(await newestRun()), async (page) => {
        await page.screenshot({ path: `${pictures}/run-${name}-ended.png`, fullPage: true });
        expect(await violations(page)).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(options.width);
      });
      await visit(options, await runListLink(), async (page) => {
        await page.screenshot({ path: `${pictures}/runs-${name}.png` });
        expect(await violations(page)).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(options.width);
        await page.getByRole("link", { name: "weekly-2026-11-23" }).click();
        await page.getByRole("heading", { level: 1 }).waitFor();
        expect(await page.getByRole("status").innerText()).toBe("finished");
      });
    });

    test("prints on one sheet", async () => {
      await visit(desktop, await runPageLink(await newestRun()), async (page) => {
        const printed = await page.pdf({ preferCSSPageSize: true });
        writeFileSync(`${pictures}/run-printed.pdf`, printed);
        expect(printed.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g)).toHaveLength(1);
        await page.emulateMedia({ media: "print" });
        await page.setViewportSize({ width: 720, height: 1040 });
        await page.screenshot({ path: `${pictures}/run-printed.png` });
      });
    });

    test("is read by keyboard: what scrolls can be focused, and the first stop jumps to the timeline", async () => {
      await visit(desktop, await runPageLink(await newestRun()), async (page) => {
        await page.keyboard.press("Tab");
        expect(await page.locator(":focus").innerText()).toBe("Go to the timeline");
        await page.keyboard.press("Enter");
        expect(new URL(page.url()).hash).toBe("#timeline");
        await page.locator(".drawing").focus();
        expect(await page.locator(".drawing:focus-visible").count()).toBe(1);
      });
    });

    async function newestRun(): Promise<string> {
      const answer = await fetch(await runListLink());
      return /\/runs\/(weekly[\w-]+)/.exec(await answer.text())?.[1] ?? "";
    }
  });

  describe("when a build fails", () => {
    beforeAll(async () => {
      system = await startTestSystem({ faults: ["build-fails"] });
    });
    afterAll(async () => await system.close());

    test("tells it first, shows who answered, and goes on to the end", { timeout: 120_000 }, async () => {
      const started = await system.start();
      await answerByLink(await system.link("ada-packit"), "approve");
      await system.entered(started.run, "AskAboutBuild");
      const question = await system.link("ada-packit");
      await visit(phone, await runPageLink(started.run), async (page) => {
        page.setDefaultTimeout(60_000);
        const now = page.getByRole("region", { name: "Now, scrolls" });
        await now.getByRole("heading", { name: /: the image build failed$/ }).waitFor();
        expect(await page.getByRole("status").innerText()).toBe("waits for an answer");
        await page.screenshot({ path: `${pictures}/run-phone-failed.png` });
        const box = await now.getByRole("heading").first().boundingBox();
        expect(box?.y ?? 9999, "is seen without scrolling").toBeLessThan(phone.height);
        expect(await violations(page)).toEqual([]);

        await answerByLink(question, "retry");
        await page.getByText("Ada: Build again").waitFor();
        expect(await system.ended(started)).toBe("SUCCEEDED");
        await page.getByRole("status").filter({ hasText: "finished" }).waitFor();
        await page.reload();
        await page.getByRole("heading", { name: "What went wrong" }).waitFor();
        await page.screenshot({ path: `${pictures}/run-phone-retried.png`, fullPage: true });
      });
    });
  });
});
