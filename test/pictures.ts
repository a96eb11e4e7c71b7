import { mkdirSync, statSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { runPageLink } from "../functions/runtime/links.ts";
import { assertNode } from "../infra/local/guard.ts";
import { type BrowserOptions, browserIsHere, openBrowser } from "./support/browser.ts";
import { startTestSystem } from "./support/local-system.ts";

/**
 * `npm run pictures`: the README's pictures, of the real pages of a real run in the emulated world, in which a build
 * fails. Needs Chromium.
 */

const folder = fileURLToPath(new URL("../infra/pictures/", import.meta.url));
const phone: BrowserOptions = { width: 390, height: 780, colorScheme: "light", phone: true, scale: 1.5 };
/** So that a clone stays small. */
const mostBytes = 150_000;

async function main(): Promise<number> {
  if (!browserIsHere()) return 1;
  mkdirSync(folder, { recursive: true });
  const system = await startTestSystem({ faults: ["build-fails"] });
  const { context, close } = await openBrowser(phone);
  try {
    const page = await context.newPage();
    const run = await system.start();

    await page.goto(await system.link("ada-packit"));
    await shoot(page, "approval");
    await page.locator("form button").first().click();

    await page.goto(await system.link("ada-packit"));
    await shoot(page, "question");
    await page.getByRole("button", { name: "Build again" }).click();
    await system.ended(run);

    await page.goto(await runPageLink(run.run));
    await shoot(page, "run");
  } finally {
    await close();
    await system.close();
  }
  return 0;
}

async function shoot(page: Page, name: string): Promise<void> {
  const path = `${folder}${name}.png`;
  await page.screenshot({ path });
  const { size } = statSync(path);
  process.stdout.write(`${basename(path)}  ${Math.round(size / 1000)} KB\n`);
  if (size > mostBytes)
    throw new Error(`${path} has ${size} bytes, more than ${mostBytes}: show less of the page.`);
}

assertNode();
process.exitCode = await main();
