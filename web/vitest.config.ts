import { defineConfig } from "vitest/config";

/** Unit tests. They need only Node. */
export default defineConfig({ test: { include: ["tests/unit/**/*.test.ts"], testTimeout: 30_000 } });
