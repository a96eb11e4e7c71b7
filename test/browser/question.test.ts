import { mkdirSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { questions } from "../../functions/store/questions.ts";
import { askedStep } from "../support/asked-step.ts";
import { type BrowserOptions, browserIsHere, openBrowser } from "../support/browser.ts";
import { type HttpSystem, startHttpSystem } from "../support/http-system.ts";

const phone: BrowserOptions = { width: 390, height: 844, colorScheme: "light", phone: true };
const pictures = "test-results";

/** As bad as it gets: a long error without a space in it. */
const longReason = `The import of packit-worker failed: ${"quay.io/packit/packit-worker@sha256:".repeat(30)} manifest unknown`;

describe.skipIf(!browserIsHere())("the pages of a question and of a run in a browser", () => {
  let system: HttpSystem;
  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    system = await startHttpSystem();
  });
  afterAll(async () => await system.close());

  type Asked = Awaited<ReturnType<typeof askedStep>>;
  async function visit(
    options: BrowserOptions,
    work: (page: Page, asked: Asked) => Promise<void>,
    setup?: Parameters<typeof askedStep>[1],
  ) {
    const asked = await askedStep(system, setup);
    const { context, close } = await openBrowser(options);
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(5000);
      await page.goto(asked.link);
      await work(page, asked);
    } finally {
      await close();
    }
  }

  async function expectNoWiderThanTheScreen(page: Page) {
    for (const details of await page.locator("details").all())
      await details.locator("summary").first().click();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(phone.width);
  }

  test.each([
    ["an ordinary", "ordinary", undefined],
    ["a long", "long", { reason: longReason, error: "ImportFailed" }],
  ])(
    "%s error: a phone shows what failed, why, and every answer without scrolling",
    async (_, name, setup) => {
      const work = async (page: Page) => {
        await page.screenshot({ path: `${pictures}/question-phone-${name}.png` });
        const seen = [
          page.getByRole("heading", { level: 1, name: "sandcastle: the image build failed" }),
          page.getByText(setup ? "The import of packit-worker failed" : "no space left on device").first(),
          ...["Build again", "Go on without it", "Abort"].map((answer) =>
            page.getByRole("button", { name: answer }),
          ),
        ];
        for (const element of seen) {
          const box = await element.boundingBox();
          expect(box).not.toBeNull();
          expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(phone.height);
        }
        await expectNoWiderThanTheScreen(page);
        await page.screenshot({ path: `${pictures}/question-phone-${name}-whole.png`, fullPage: true });
      };
      await visit(phone, work, setup);
    },
  );

  test("an answer with a comment by real clicks", async () => {
    await visit(phone, async (page, asked) => {
      await page.getByText("Add a comment").click();
      const comment = page.getByLabel("Goes with the answer that you press");
      await comment.fill("The runner was full");
      await page.getByRole("button", { name: "Build again" }).click();
      await page.getByRole("heading", { level: 1, name: "Ada answered: Build again" }).waitFor();
      await page.screenshot({ path: `${pictures}/question-phone-answered.png`, fullPage: true });
      expect(await asked.decision()).toMatchObject({
        answer: "retry",
        by: "ada-packit",
        via: "page",
        comment: "The runner was full",
      });
      expect(asked.timesResumed()).toBe(1);
    });
  });

  test("the Enter key answers nothing", async () => {
    await visit(phone, async (page, asked) => {
      await page.getByText("Add a comment").click();
      await page.getByLabel("Goes with the answer that you press").press("Enter");
      // From a field of one line, which browsers send the form from.
      await page.evaluate(`
        const field = document.createElement("input");
        field.id = "line";
        document.querySelector("form").append(field);
      `);
      await page.locator("#line").press("Enter");
      await page.getByRole("alert").getByText("Choose one of the answers.").waitFor();
      expect(await asked.decision()).toBeNull();
    });
  });

  test("the page of the run: stopping takes two presses", async () => {
    await visit(phone, async (page, asked) => {
      await page.getByRole("link", { name: "See the whole run" }).click();
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.screenshot({ path: `${pictures}/control-phone.png` });
      const stop = page.getByRole("button", { name: "Stop the run" });
      expect(await stop.isVisible()).toBe(false);
      await page.getByText("Stop the run…").click();
      await page.getByLabel("Why (optional)").first().fill("Fedora mass rebuild");
      await page.screenshot({ path: `${pictures}/control-phone-stop.png`, fullPage: true });
      await stop.click();
      await page.getByText("Ada stopped the run at").waitFor();
      await expectNoWiderThanTheScreen(page);
      await page.screenshot({ path: `${pictures}/control-phone-stopped.png`, fullPage: true });
      expect((await asked.control()).stop).toMatchObject({
        by: "ada-packit",
        comment: "Fedora mass rebuild",
      });
    });
  });

  test("no script runs and nothing is loaded, in the dark and on a wide screen", async () => {
    const wide: BrowserOptions = { width: 1280, height: 900, colorScheme: "dark" };
    await visit(wide, async (page, asked) => {
      const requests: string[] = [];
      const problems: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      page.on("console", (message) => problems.push(message.text()));
      await page.reload();
      await page.screenshot({ path: `${pictures}/question-desktop-dark.png`, fullPage: true });
      await questions().pause(asked.run, "ben-packit");
      await page.goto(await asked.controlLinkOf("ada-packit"));
      await page.screenshot({ path: `${pictures}/control-desktop-dark.png`, fullPage: true });
      expect(requests).toHaveLength(2);
      expect(problems).toEqual([]);
      expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(18, 22, 27)");
    });
    await visit({ ...phone, colorScheme: "dark" }, async (page) => {
      await page.screenshot({ path: `${pictures}/question-phone-dark.png` });
    });
  });
});
