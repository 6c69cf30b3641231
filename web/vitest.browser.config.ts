import { defineConfig } from "vitest/config";

const waits = { testTimeout: 90_000, hookTimeout: 300_000 };

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
