import type { ConversationId, Person, Shop, Time } from "../protocol.ts";
import type { ConnectionState } from "./connection.ts";
import type { DraftTexts } from "./drafts.ts";
import type { ConversationEntry } from "./conversation.ts";
import type { PendingMessage } from "./outbox.ts";
import type { Timeline } from "./timeline.ts";

/** Somebody who is typing. */
export interface Typist {
  readonly userId: string;
  readonly name: string;
  /** When it counts as stopped unless it is repeated, in milliseconds since 1970. */
  readonly until: number;
}

/** All that a client knows, as of now. It never changes: every {@link Change} makes a new one. */
export interface State {
  /** Whose client it is. */
  readonly me: Person;
  /** How the connection stands. */
  readonly connection: ConnectionState;
  /** Whether a first page of conversations has come. */
  readonly listLoaded: boolean;
  /** Where the next page of older conversations starts; absent when there are none. */
  readonly olderCursor: string | undefined;
  /** The `since` of the next sync. */
  readonly asOf: Time | undefined;
  readonly conversations: ReadonlyMap<ConversationId, ConversationEntry>;
  readonly timelines: ReadonlyMap<ConversationId, Timeline>;
  readonly typing: ReadonlyMap<ConversationId, readonly Typist[]>;
  /** What has not been acknowledged yet, in the order in which it was written. */
  readonly outbox: readonly PendingMessage[];
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
    connection: "connecting",
    listLoaded: false,
    olderCursor: undefined,
    asOf: undefined,
    conversations: new Map(),
    timelines: new Map(),
    typing: new Map(),
    outbox: [],
    drafts: new Map(),
    shop: undefined,
    failure: undefined,
  };
}
