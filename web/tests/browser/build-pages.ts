import { startSystem } from "./system.ts";

/** A system builds the pages where they are older than their source: two that start at once would both. */
export default async function buildPages(): Promise<void> {
  await (await startSystem()).stop();
}
