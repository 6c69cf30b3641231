import { MemoryStorage } from "./memory-storage.ts";

/** Storage that is kept when the tab is closed. */
export const persistentStorage = storageOrMemory(() => localStorage);

/** Storage that is deleted when the tab is closed. */
export const tabStorage = storageOrMemory(() => sessionStorage);

/** Returns the browser's storage, or a storage in memory if the browser forbids access. */
function storageOrMemory(storage: () => Storage): Storage {
  try {
    return storage();
  } catch {
    return new MemoryStorage();
  }
}
