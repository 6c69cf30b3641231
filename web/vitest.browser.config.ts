import { defineConfig } from "vitest/config";

/** Tests in a real browser against the running system: one after the other, there is one system and one browser. */
export default defineConfig({
  test: {
    include: ["tests/browser/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 300_000,
  },
});
