import { startSystem } from "./system.ts";

/**
 * Builds the pages once before all tests, by starting a system. Two systems that start at the same
 * time would both build them.
 */
export default async function buildPages(): Promise<void> {
  await (await startSystem()).stop();
}
