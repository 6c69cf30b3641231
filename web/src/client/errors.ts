import type { Code, Message } from "../protocol.ts";

/** Error codes after which the same request can succeed later. */
const RETRYABLE: readonly string[] = ["internal", "rate_limited", "reconnect", "token_expired"] satisfies readonly Code[];

/** Error codes after which the same request never succeeds. */
const FINAL: readonly string[] = [
  "bad_request",
  "invalid_cursor",
  "forbidden",
  "not_found",
  "invalid_transition",
  "conversation_closed",
  "not_changeable",
  "overtaken",
  "already_assigned",
  "payload_too_large",
  "invalid_request",
  "idempotency_mismatch",
  "unknown_action",
] satisfies readonly Code[];

/** An error with which the server refused a request. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /**
   * The stable error code. Absent in API Gateway's own errors. It can be a code of a later release.
   */
  readonly code: Code | undefined;
  /** The HTTP status. Absent for an error that came over the WebSocket. */
  readonly status: number | undefined;
  /** For `rate_limited`: time until the same request would succeed, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** For `overtaken`: the newest answer of another admin. */
  readonly overtakenBy: Message | undefined;

  constructor(message: string, about: { code?: Code | undefined; status?: number; retryAfterMs?: number | undefined; overtakenBy?: Message | undefined }) {
    super(message);
    this.code = about.code;
    this.status = about.status;
    this.retryAfterMs = about.retryAfterMs;
    this.overtakenBy = about.overtakenBy;
  }

  /** True if the same request can succeed later. */
  get retryable(): boolean {
    if (this.code !== undefined && RETRYABLE.includes(this.code)) return true;
    if (this.code !== undefined && FINAL.includes(this.code)) return false;
    // The code is unknown or absent, so the status decides. Over the WebSocket only a missing code
    // is retried.
    if (this.status === undefined) return this.code === undefined;
    return this.status === 429 || this.status >= 500;
  }
}

/** The server did not answer: there is no network, the connection was lost, or the answer was lost. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
}

/**
 * The reason why a session ended. `expired`: the token has expired and there is no new one.
 * `refused`: the server refused a token that was just renewed. `another_person`: the token belongs
 * to another person.
 */
export type SessionEnd = "expired" | "refused" | "another_person";

/** The session has ended and the person has to log in again. */
export class SessionEnded extends Error {
  override readonly name = "SessionEnded";
  readonly reason: SessionEnd;

  constructor(reason: SessionEnd) {
    super(MESSAGES[reason]);
    this.reason = reason;
  }
}

const MESSAGES: Readonly<Record<SessionEnd, string>> = {
  expired: "Your log-in has expired. Please log in again.",
  refused: "The server does not accept your log-in. Please log in again.",
  another_person: "Another person has logged in. Please log in again.",
};
