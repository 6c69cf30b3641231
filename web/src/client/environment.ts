/**
 * What the client library needs from its surroundings. A browser has all of it (see `app/browser.ts`);
 * tests pass their own.
 */
export interface Environment {
  /** The origin of the REST API, without a slash at the end. */
  readonly api: string;
  /** Makes REST calls. */
  readonly fetch: typeof fetch;
  /** Opens connections. */
  readonly WebSocket: typeof WebSocket;
  /** Keeps the outbox and the drafts. */
  readonly storage: Storage;
  /**
   * Keeps two tabs from sending the same message at the same time. Absent where a page has no locks
   * (plain http on another host than this one).
   */
  readonly locks?: LockManager;
  /** The device's clock: milliseconds since 1970. It may be wrong, and it may be set back. */
  now(): number;
  /** Milliseconds since any moment. Never goes back. */
  monotonic(): number;
  /** At least 0, below 1. */
  random(): number;
  /** A new UUID. */
  uuid(): string;
  /** Whether somebody can see the page: a hidden one asks less often. */
  visible(): boolean;
  /** Is told of an error in a callback of the page. The client goes on. */
  reportError(error: unknown): void;
}

/** Waits this many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
