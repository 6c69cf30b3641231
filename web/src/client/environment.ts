/**
 * The dependencies of the client library on its platform. `app/browser.ts` creates them for a
 * browser; tests create their own.
 */
export interface Environment {
  /** The origin of the REST API, without a slash at the end. */
  readonly api: string;
  /** Sends REST requests. */
  readonly fetch: typeof fetch;
  /** Opens connections. */
  readonly WebSocket: typeof WebSocket;
  /** Stores the outbox and the drafts. */
  readonly storage: Storage;
  /**
   * Prevents that two tabs send the same message at the same time. Absent if the page has no locks,
   * as over plain HTTP.
   */
  readonly locks?: LockManager;
  /** The device's clock, in milliseconds since 1970. It may be wrong, and it can be set back. */
  now(): number;
  /** A monotonic clock in milliseconds. It never goes back. */
  monotonic(): number;
  /** Returns a random number of at least 0 and below 1. */
  random(): number;
  /** Returns a new UUID. */
  uuid(): string;
  /** Returns true if the page is visible. A hidden page sends fewer requests. */
  visible(): boolean;
  /** Reports an error in a callback of the page. The client continues. */
  reportError(error: unknown): void;
}

/** Waits for this time, in milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
