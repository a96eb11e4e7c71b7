import type { Page } from "playwright-core";

export interface Shifts {
  /** As the score is counted: 0 is nothing, from 0.1 on people mind. */
  sum: number;
  /** What moved on the screen, from where to where. */
  what: string[];
}

/**
 * Adds up the page's layout shifts from now on, as the metric of the web's vitals does: what moves on the screen without
 * anybody having done something. To be called before the page is opened.
 */
export async function watchShifts(page: Page): Promise<() => Promise<Shifts>> {
  await page.addInitScript(`
    window.shifted = { sum: 0, what: [] };
    new PerformanceObserver((list) => {
      for (const { hadRecentInput, value, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        window.shifted.sum += value;
        for (const { node, previousRect, currentRect } of sources) {
          const text = node?.textContent?.slice(0, 60);
          window.shifted.what.push(node?.nodeName + " “" + text + "” from " + previousRect.y + " to " + currentRect.y);
        }
      }
    }).observe({ type: "layout-shift", buffered: true });
  `);
  return async () => await page.evaluate<Shifts>("window.shifted");
}

/** Resolves once the page's script has brought it up to date `times` more. */
export async function updated(page: Page, times = 1): Promise<void> {
  for (let index = 0; index < times; index++) {
    const before = await page.getAttribute("main [data-version]", "data-version");
    await page.waitForSelector(`main [data-version]:not([data-version="${before}"])`, { state: "attached" });
  }
}
