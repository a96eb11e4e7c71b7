import type { Page } from "playwright-core";

/**
 * Adds up the page's layout shifts from now on, as the metric of the web's vitals does: what moves on the screen without
 * anybody having done something. To be called before the page is opened.
 */
export async function watchShifts(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(`
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  `);
  return async () => Number(await page.evaluate("window.shifted"));
}

/** Resolves once the page's script has brought it up to date `times` more. */
export async function updated(page: Page, times = 1): Promise<void> {
  for (let index = 0; index < times; index++) {
    const before = await page.getAttribute("main [data-version]", "data-version");
    await page.waitForSelector(`main [data-version]:not([data-version="${before}"])`, { state: "attached" });
  }
}
