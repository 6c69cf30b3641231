import type { ConversationId, Person, Shop, Time } from "../protocol.ts";
import type { ConnectionState } from "./connection.ts";
import type { DraftTexts } from "./drafts.ts";
import type { ConversationEntry } from "./conversation.ts";
import type { SessionEnd } from "./errors.ts";
import type { PendingMessage } from "./outbox.ts";
import type { Timeline } from "./timeline.ts";

/** A person who is typing. */
export interface Typist {
  readonly userId: string;
  readonly name: string;
  /** When they count as having stopped unless it is repeated, by the monotonic clock. */
  readonly until: number;
}

/** All that a client knows. It is immutable: every {@link Change} makes a new one. */
export interface State {
  /** Whose client it is. */
  readonly me: Person;
  /** The state of the connection. */
  readonly connection: ConnectionState;
  /** Why the session has ended, while {@link connection} is `expired`. */
  readonly sessionEnd: SessionEnd | undefined;
  /** How far the server's clock is ahead of the device's, in milliseconds. */
  readonly clockOffset: number;
  /** The conversation on the screen. */
  readonly open: ConversationId | undefined;
  /** Whether a first page of conversations has come. */
  readonly listLoaded: boolean;
  /** Where the next page of older conversations starts; absent when there are none, or when the list is {@link truncated}. */
  readonly olderCursor: string | undefined;
  /** Whether older conversations were dropped because more were held than a client holds: the search finds them. */
  readonly truncated: boolean;
  /** The `since` of the next sync. */
  readonly asOf: Time | undefined;
  readonly conversations: ReadonlyMap<ConversationId, ConversationEntry>;
  readonly timelines: ReadonlyMap<ConversationId, Timeline>;
  readonly typing: ReadonlyMap<ConversationId, readonly Typist[]>;
  /** What has not been acknowledged yet, in the order in which it was written. */
  readonly outbox: readonly PendingMessage[];
  /** Whether some of the outbox is lost when the page closes, because the browser's storage does not take it. */
  readonly unstored: boolean;
  /** What was begun and not sent, by conversation. */
  readonly drafts: DraftTexts;
  /** Whether the shop is there, for a customer. */
  readonly shop: Shop | undefined;
  /** Why the last sync failed although there is a connection; absent after one that worked. */
  readonly failure: string | undefined;
}

/** Where every client begins. */
export function initial(me: Person): State {
  return {
    me,
    connection: "stopped",
    sessionEnd: undefined,
    clockOffset: 0,
    open: undefined,
    listLoaded: false,
    olderCursor: undefined,
    truncated: false,
    asOf: undefined,
    conversations: new Map(),
    timelines: new Map(),
    typing: new Map(),
    outbox: [],
    unstored: false,
    drafts: new Map(),
    shop: undefined,
    failure: undefined,
  };
}
