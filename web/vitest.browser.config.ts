import { defineConfig } from "vitest/config";

/** Long, because these tests share a machine with others. In milliseconds. */
const waits = { testTimeout: 180_000, hookTimeout: 300_000, expect: { poll: { timeout: 20_000 } } };

/** This file counts and times the page's work, so it runs alone. */
const ALONE = "tests/browser/measures.test.ts";

/**
 * Tests in a real browser. The pages are built once before. Each file starts its own local system
 * and browser.
 */
export default defineConfig({
  test: {
    globalSetup: "tests/browser/build-pages.ts",
    projects: [
      {
        test: { name: "browser", include: ["tests/browser/**/*.test.ts"], exclude: [ALONE], maxWorkers: 2, sequence: { groupOrder: 0 }, ...waits },
      },
      { test: { name: "alone", include: [ALONE], maxWorkers: 1, sequence: { groupOrder: 1 }, ...waits } },
    ],
  },
});
