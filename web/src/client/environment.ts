/**
 * What the client library needs from its surroundings. A browser has all of it (see `app/browser.ts`); tests pass their own.
 */
export interface Environment {
  /** Where the REST API is: an origin without a slash at the end. */
  readonly api: string;
  /** Makes REST calls. */
  readonly fetch: typeof fetch;
  /** Opens connections. */
  readonly WebSocket: typeof WebSocket;
  /** Keeps the outbox. */
  readonly storage: Storage;
  /** Keeps two tabs from sending the same message. Absent where a page has none (plain http on another host than this one). */
  readonly locks?: LockManager;
  /** Milliseconds since 1970. */
  now(): number;
  /** At least 0, below 1. */
  random(): number;
  /** A new UUID. */
  uuid(): string;
  /** Whether somebody can see the page: a hidden one asks less often. */
  visible(): boolean;
}

/** Waits this many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
