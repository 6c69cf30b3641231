import { defineConfig } from "vitest/config";

const waits = { testTimeout: 90_000, hookTimeout: 300_000 };

/** Counts and times what a page does, so nothing else runs meanwhile. */
const ALONE = "tests/browser/measures.test.ts";

/** Tests in a real browser: each file starts a system and a browser of its own, on pages that are built once before. */
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
