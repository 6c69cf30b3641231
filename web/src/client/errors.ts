import type { Code } from "../protocol.ts";

/** The codes with which the same request may pass later. */
const RETRYABLE: readonly string[] = ["internal", "rate_limited", "reconnect", "token_expired"] satisfies readonly Code[];

/** The codes with which the same request will never pass. */
const FINAL: readonly string[] = [
  "bad_request",
  "invalid_cursor",
  "forbidden",
  "not_found",
  "invalid_transition",
  "conversation_closed",
  "payload_too_large",
  "invalid_request",
  "idempotency_mismatch",
  "unknown_action",
] satisfies readonly Code[];

/** The server refused the request and said why. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The stable name; absent where API Gateway answered for itself. It may be one that this build does not know. */
  readonly code: Code | undefined;
  /** The HTTP status; absent for an error that came over the WebSocket. */
  readonly status: number | undefined;
  /** With `rate_limited`: milliseconds until the same request would pass. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, about: { code?: Code | undefined; status?: number; retryAfterMs?: number | undefined }) {
    super(message);
    this.code = about.code;
    this.status = about.status;
    this.retryAfterMs = about.retryAfterMs;
  }

  /** Whether the same request may pass later: the server has a problem, or there were too many requests. */
  get retryable(): boolean {
    if (this.code !== undefined && RETRYABLE.includes(this.code)) return true;
    if (this.code !== undefined && FINAL.includes(this.code)) return false;
    // A code of a later release, or none: the status tells. Over the WebSocket only a known code is retried.
    if (this.status === undefined) return this.code === undefined;
    return this.status === 429 || this.status >= 500;
  }
}

/** Nobody answered: there is no network, the connection broke, or the answer got lost. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
}

/**
 * Why a session ended: the token has `expired` and there is no new one, the server `refused` a token that was just renewed,
 * or the token belongs to `another_person`.
 */
export type SessionEnd = "expired" | "refused" | "another_person";

/** The session has ended: the person has to log in again. */
export class SessionEnded extends Error {
  override readonly name = "SessionEnded";
  readonly reason: SessionEnd;

  constructor(reason: SessionEnd) {
    super(WORDS[reason]);
    this.reason = reason;
  }
}

const WORDS: Readonly<Record<SessionEnd, string>> = {
  expired: "Your log-in has expired. Please log in again.",
  refused: "The server does not accept your log-in. Please log in again.",
  another_person: "Somebody else has logged in. Please log in again.",
};
