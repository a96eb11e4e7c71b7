import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";

/** Debian's Chromium: `apt-get install chromium`. */
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/**
 * Whether browser tests can run here. Without a browser they are skipped with a notice, but never where CI is set:
 * there they fail.
 */
export function browserIsHere(): boolean {
  if (existsSync(executablePath) || process.env.CI) return true;
  console.warn(`No browser at ${executablePath}, so its tests are skipped: apt-get install chromium`);
  return false;
}

export interface BrowserOptions {
  width: number;
  height: number;
  colorScheme: "light" | "dark";
  /** Like a phone: touch, and two pixels for one. */
  phone?: boolean;
  /** Pixels of a picture for one of the page. */
  scale?: number;
}

/** A browser with a profile of its own that is gone afterwards. It reaches out to nobody by itself. */
export async function openBrowser(
  options: BrowserOptions,
): Promise<{ context: BrowserContext; close: () => Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), "stablehand-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: { width: options.width, height: options.height },
    colorScheme: options.colorScheme,
    hasTouch: options.phone ?? false,
    deviceScaleFactor: options.scale ?? (options.phone ? 2 : 1),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
