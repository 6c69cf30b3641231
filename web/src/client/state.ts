import type { ConversationId, Person, Shop, Time } from "../protocol.ts";
import type { ConnectionState } from "./connection.ts";
import type { DraftTexts } from "./drafts.ts";
import type { ConversationEntry } from "./conversation.ts";
import type { PendingDecision } from "./decisions.ts";
import type { Desk } from "./desk.ts";
import type { SessionEnd } from "./errors.ts";
import type { PendingChange, PendingMessage, PendingNote } from "./pending.ts";
import type { Timeline } from "./timeline.ts";

/** A person who is typing. */
export interface Typist {
  readonly userId: string;
  readonly name: string;
  /**
   * The time at which the typing indicator expires unless it is repeated, by the monotonic clock.
   */
  readonly until: number;
}

/** The state of a client. It is immutable: every {@link StateChange} makes a new one. */
export interface State {
  /** The logged-in person. */
  readonly me: Person;
  /** True if the person is an agent: an admin who may not change what the shop has set. */
  readonly agent: boolean;
  /** The state of the connection. */
  readonly connection: ConnectionState;
  /** Why the session has ended, while {@link connection} is `expired`. */
  readonly sessionEnd: SessionEnd | undefined;
  /** How far the server's clock is ahead of the device's, in milliseconds. */
  readonly clockOffset: number;
  /** The open conversation. */
  readonly open: ConversationId | undefined;
  /** True once a first page of conversations has been loaded. */
  readonly listLoaded: boolean;
  /**
   * The cursor of the next page of older conversations. Absent if there are none, or if the list is
   * {@link truncated}.
   */
  readonly olderCursor: string | undefined;
  /** True if older conversations were dropped because of the limit. The search still finds them. */
  readonly truncated: boolean;
  /** The `since` of the next sync. */
  readonly asOf: Time | undefined;
  /** How often the list was replaced by its newest pages. What was further down is then dropped. */
  readonly refreshes: number;
  readonly conversations: ReadonlyMap<ConversationId, ConversationEntry>;
  readonly timelines: ReadonlyMap<ConversationId, Timeline>;
  /** For an admin, the shop's logs of the conversations whose timelines are held. */
  readonly desks: ReadonlyMap<ConversationId, Desk>;
  readonly typing: ReadonlyMap<ConversationId, readonly Typist[]>;
  /** The messages that are not acknowledged yet, in the order of writing. */
  readonly outbox: readonly PendingMessage[];
  /**
   * The changes of messages that are not acknowledged yet, in the order of making. Failed ones have
   * no effect any more and are kept until the person has seen that.
   */
  readonly pendingChanges: readonly PendingChange[];
  /** An admin's notes that are not acknowledged yet, in the order of writing. */
  readonly pendingNotes: readonly PendingNote[];
  /**
   * An admin's decisions that are not acknowledged yet, in the order of making. Failed ones have no
   * effect any more and are kept until the person has seen that.
   */
  readonly pendingDecisions: readonly PendingDecision[];
  /** True if messages of the outbox could not be stored and would be lost with the page. */
  readonly unstored: boolean;
  /** The drafts by conversation. */
  readonly drafts: DraftTexts;
  /** The shop's presence, for a customer. */
  readonly shop: Shop | undefined;
  /** Why the last sync failed although there is a connection. Absent after a success. */
  readonly failure: string | undefined;
}

/** Returns the state of a new client. */
export function initial(me: Person): State {
  return {
    me,
    agent: false,
    connection: "stopped",
    sessionEnd: undefined,
    clockOffset: 0,
    open: undefined,
    listLoaded: false,
    olderCursor: undefined,
    truncated: false,
    asOf: undefined,
    refreshes: 0,
    conversations: new Map(),
    timelines: new Map(),
    desks: new Map(),
    typing: new Map(),
    outbox: [],
    pendingChanges: [],
    pendingNotes: [],
    pendingDecisions: [],
    unstored: false,
    drafts: new Map(),
    shop: undefined,
    failure: undefined,
  };
}
