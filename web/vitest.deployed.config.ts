import { defineConfig } from "vitest/config";

/** Tests of the deployed pages. `cargo xtask sam` passes the addresses in environment variables. */
export default defineConfig({ test: { include: ["tests/deployed/**/*.test.ts"], testTimeout: 90_000, hookTimeout: 60_000 } });
