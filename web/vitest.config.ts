import { defineConfig } from "vitest/config";

/** Tests that need nothing but Node. */
export default defineConfig({ test: { include: ["tests/unit/**/*.test.ts"], testTimeout: 30_000 } });
