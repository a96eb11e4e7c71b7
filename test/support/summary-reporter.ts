import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends the output with the plain line `N passed, N failed`. Where CI is set nothing may be skipped: a machine without
 * a browser would otherwise look green.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests++;
        count[test.result().state]++;
      }
      // A file that could not be loaded has no tests to count.
      if (tests === 0 && module.errors().length > 0) count.failed++;
    }
    const skipped = count.skipped + count.pending;
    if (skipped > 0 && process.env.CI) {
      count.failed += skipped;
      process.exitCode = 1;
      process.stdout.write(
        `\n${skipped} tests were skipped, which CI does not allow: see above which and why.\n`,
      );
    }
    const rest = skipped > 0 && !process.env.CI ? `, ${skipped} skipped` : "";
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${rest}\n`);
  }
}
