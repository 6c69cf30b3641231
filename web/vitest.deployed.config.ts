import { defineConfig } from "vitest/config";

/** Tests of the pages as they are deployed; `cargo xtask sam` says where, by the environment. */
export default defineConfig({ test: { include: ["tests/deployed/**/*.test.ts"], testTimeout: 90_000, hookTimeout: 60_000 } });
