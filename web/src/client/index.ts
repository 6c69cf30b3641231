/**
 * The chat's client library. It connects to the server, holds the state, and needs no framework.
 *
 * | file | purpose |
 * |---|---|
 * | `client` | the object that a page uses: state, changes, and what a person can do |
 * | `api`, `admin-api`, `tokens` | REST calls, and the JWT, which is renewed before it expires |
 * | `connection`, `socket`, `backoff` | one WebSocket that is always open |
 * | `reducer`, `state`, `conversation`, `timeline`, `desk`, `desk-state`, `person` | the state, as a pure function |
 * | `sync` | fetches what pushed events did not bring |
 * | `outbox`, `outbox-storage`, `pending`, `decisions` | messages, changes, notes and decisions that are not acknowledged yet, in the browser's storage |
 * | `drafts` | drafts, in the browser's storage |
 * | `receipts`, `typing` | receipts and typing frames, at a limited rate |
 */
export { ChatClient, type Session } from "./client.ts";
export type { AdminApi } from "./admin-api.ts";
export type { Api, ListFilter } from "./api.ts";
export type { ConnectionState } from "./connection.ts";
export { type ConversationEntry, sideOf } from "./conversation.ts";
export { type Decision, type PendingDecision, shownDesk } from "./decisions.ts";
export { type DraftTexts, noteDraft } from "./drafts.ts";
export type { Environment } from "./environment.ts";
export { type SessionEnd, SessionEnded, ApiError, NetworkError } from "./errors.ts";
export { type MessageChange, type PendingChange, type PendingMessage, type PendingNote, isChangeOf, withPendingChanges, withPendingEdits } from "./pending.ts";
export { isSamePerson, type PersonId, personKey } from "./person.ts";
export { byActivity, canManage, sorted, type Tick, tickOf } from "./selectors.ts";
export type { PushedEvent } from "./socket.ts";
export type { State, Typist } from "./state.ts";
export { EMPTY_TIMELINE, type Timeline, messageAt, newerOf, newestSeq, oldestSeq } from "./timeline.ts";
