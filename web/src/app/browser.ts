import type { Environment } from "../client/index.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { local } from "./storage.ts";

/** What the client library needs, in a browser; `api` is an origin. */
export function browser(api: string): Environment {
  return {
    api,
    fetch: (...request) => fetch(...request),
    WebSocket,
    storage: local,
    // What is in this page's memory no other tab sends, and locks are forbidden where the storage is.
    ...("locks" in navigator && !(local instanceof MemoryStorage) && { locks: navigator.locks }),
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    uuid,
    visible: () => document.visibilityState === "visible",
    reportError: (error) => reportError(error),
  };
}

/** A random UUID (version 4), also where a page over plain http has no `randomUUID`. */
export function uuid(): string {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  const hex = "10000000-1000-4000-8000-100000000000";
  return hex.replace(/[018]/g, (digit) => {
    const random = (globalThis.crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) & 15;
    return (Number(digit) ^ (random >> (Number(digit) / 4))).toString(16);
  });
}
