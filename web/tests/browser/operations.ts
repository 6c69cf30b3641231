import type { CDPSession, Page } from "playwright-core";

/** Chromium's performance counters of a page. */
export interface Counts {
  readonly LayoutCount: number;
  readonly RecalcStyleCount: number;
  /** The number of live DOM nodes. */
  readonly Nodes: number;
}

/**
 * Counts the operations of a page. Unlike times, they do not depend on other work on the machine.
 */
export class Operations {
  readonly #session: CDPSession;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  static async of(page: Page): Promise<Operations> {
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    await session.send("Profiler.enable");
    await session.send("Debugger.enable");
    return new Operations(session);
  }

  /** Returns the counters so far, after a garbage collection. */
  async counts(): Promise<Counts> {
    await this.#session.send("HeapProfiler.collectGarbage");
    const { metrics } = await this.#session.send("Performance.getMetrics");
    const named = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
    const of = (name: keyof Counts) => {
      const value = named[name];
      if (value === undefined) throw new Error(`Chromium does not count ${name}.`);
      return value;
    };
    return { LayoutCount: of("LayoutCount"), RecalcStyleCount: of("RecalcStyleCount"), Nodes: of("Nodes") };
  }

  /**
   * Counts the function calls that `work` causes: all calls, and those of the innermost function
   * whose source matches `marker`.
   */
  async calls(marker: RegExp, work: () => Promise<unknown>): Promise<{ all: number; marked: number }> {
    await this.#session.send("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
    await this.#session.send("Profiler.takePreciseCoverage");
    await work();
    const { result } = await this.#session.send("Profiler.takePreciseCoverage");
    await this.#session.send("Profiler.stopPreciseCoverage");
    let [all, marked, found] = [0, 0, false];
    for (const script of result.filter(({ url }) => /\/assets\/.*\.js$/.test(url))) {
      const { scriptSource } = await this.#session.send("Debugger.getScriptSource", { scriptId: script.scriptId });
      const at = scriptSource.search(marker);
      const called = script.functions.flatMap(({ ranges }) => ranges.slice(0, 1));
      all += called.reduce((sum, { count }) => sum + count, 0);
      if (at === -1) continue;
      found = true;
      // Chromium does not report functions that were not called. Then the innermost reported
      // function is a wrong one.
      const around = called.filter(({ startOffset, endOffset }) => startOffset <= at && at < endOffset);
      const [innermost] = around.sort((one, other) => one.endOffset - one.startOffset - (other.endOffset - other.startOffset));
      marked += innermost?.count ?? 0;
    }
    if (!found) throw new Error(`No function has ${String(marker)} in it.`);
    return { all, marked };
  }
}
