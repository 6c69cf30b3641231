import { MemoryStorage } from "./memory-storage.ts";

/** What outlives the tab. */
export const local = allowed(() => localStorage);

/** What ends with the tab. */
export const session = allowed(() => sessionStorage);

/** The browser's storage; a memory where looking at it throws, because somebody has forbidden cookies to the page. */
function allowed(storage: () => Storage): Storage {
  try {
    return storage();
  } catch {
    return new MemoryStorage();
  }
}
