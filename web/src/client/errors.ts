import type { Code } from "../protocol.ts";

/** The server refused, and said why. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The stable name; absent where the gateway answered for itself. */
  readonly code: Code | undefined;
  /** The HTTP status; absent for what came over the connection. */
  readonly status: number | undefined;
  /** With `rate_limited`: milliseconds until the same would pass. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, about: { code?: Code | undefined; status?: number; retryAfterMs?: number | undefined }) {
    super(message);
    this.code = about.code;
    this.status = about.status;
    this.retryAfterMs = about.retryAfterMs;
  }

  /** Whether the same request may pass later: the server is in trouble, or it was one too many. */
  get retryable(): boolean {
    if (this.code !== undefined) return ["internal", "rate_limited", "reconnect", "token_expired"].includes(this.code);
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }
}

/** Nobody answered: the network is gone, the connection broke, or the answer got lost. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
}

/** The token has ended and there is no new one: somebody has to log in again. */
export class SessionExpired extends Error {
  override readonly name = "SessionExpired";
}
