import type { Environment } from "../client/index.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { persistentStorage } from "./storage.ts";

/** Creates the client library's environment for a browser. `api` is the origin of the REST API. */
export function browser(api: string): Environment {
  return {
    api,
    fetch: (...request) => fetch(...request),
    WebSocket,
    storage: persistentStorage,
    // An outbox in memory is not shared with other tabs and needs no locks. Browsers that forbid
    // storage also forbid locks.
    ...("locks" in navigator && !(persistentStorage instanceof MemoryStorage) && { locks: navigator.locks }),
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    uuid,
    visible: () => document.visibilityState === "visible",
    reportError: (error) => reportError(error),
  };
}

/**
 * Returns a random UUID (version 4). `crypto.randomUUID` does not exist on pages over plain HTTP.
 */
export function uuid(): string {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  const hex = "10000000-1000-4000-8000-100000000000";
  return hex.replace(/[018]/g, (digit) => {
    const random = (globalThis.crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) & 15;
    return (Number(digit) ^ (random >> (Number(digit) / 4))).toString(16);
  });
}
