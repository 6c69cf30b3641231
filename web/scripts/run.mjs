// Runs one of the TypeScript files here: `node scripts/run.mjs screenshots`.
import { runnerImport } from "vite";

const { module } = await runnerImport(new URL(`./${process.argv[2]}.ts`, import.meta.url).pathname);
await module.default();
process.exit();
