/**
 * The chat's client library: everything between the wire and a screen, without a framework.
 *
 * | file | what it does |
 * |---|---|
 * | `client` | one object for a screen: state, changes, and what a person can do |
 * | `api`, `tokens` | REST, and the JWT that is renewed before it ends |
 * | `connection`, `socket`, `backoff` | one socket open at all times |
 * | `reducer`, `state`, `conversation`, `timeline`, `person` | what is known, as a pure function of what was heard |
 * | `sync` | fetches what pushes did not bring |
 * | `outbox` | messages on their way, in the browser's storage |
 * | `drafts` | texts that were begun, in the browser's storage |
 * | `receipts`, `typing` | what is said sparingly |
 */
export { ChatClient, type Session } from "./client.ts";
export type { Api } from "./api.ts";
export type { ConnectionState } from "./connection.ts";
export { type ConversationEntry, sideOf } from "./conversation.ts";
export type { DraftTexts } from "./drafts.ts";
export type { Environment } from "./environment.ts";
export { type SessionEnd, SessionEnded, ApiError, NetworkError } from "./errors.ts";
export type { PendingMessage } from "./outbox.ts";
export { isSamePerson, type PersonId, personKey } from "./person.ts";
export { sorted, type Tick, tickOf } from "./selectors.ts";
export type { PushedEvent } from "./socket.ts";
export type { State, Typist } from "./state.ts";
export { EMPTY_TIMELINE, type Timeline } from "./timeline.ts";
