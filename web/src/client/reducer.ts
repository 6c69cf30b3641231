import type { Change, Conversation, ConversationId, ConversationPage, Desk, DeskEntry, History, Message, OrderSummary, Person, Shop } from "../protocol.ts";
import type { ConnectionState } from "./connection.ts";
import { type ConversationEntry, type Moment, merge, withChange, withCursor, withMessage, withPresence } from "./conversation.ts";
import { withDeskSeq, withPushedDesk } from "./desk-state.ts";
import { withDeskEntries } from "./desk.ts";
import type { DraftTexts } from "./drafts.ts";
import type { SessionEnd } from "./errors.ts";
import { type Pending, type Stored, idOf, isChange, isDecision, isMessage, isNote } from "./pending.ts";
import { isSamePerson } from "./person.ts";
import { byActivity } from "./selectors.ts";
import type { PushedEvent } from "./socket.ts";
import type { State, Typist } from "./state.ts";
import { EMPTY_TIMELINE, type Timeline, messageAt, newest, newestSeq, oldestSeq, withChanges, withHistory, withMessages } from "./timeline.ts";

/**
 * The maximum number of conversations that a client holds. It limits the time and memory of an
 * event, independent of the shop's size.
 */
export const MOST_CONVERSATIONS = 1_000;

/**
 * The number of conversations that are kept when the maximum is exceeded. It is lower than the
 * maximum, so that the oldest are not searched for at every event.
 */
const KEPT_CONVERSATIONS = 900;

/**
 * The maximum number of conversations whose messages are held. Those that were opened last are
 * kept.
 */
export const MOST_TIMELINES = 20;

/** The number of newest messages and changes that are kept of a closed conversation. */
export const KEPT_MESSAGES = 200;

/** A change of the client's state. */
export type StateChange =
  /** The server pushed an event, received at the moment `at`. `now` is the monotonic clock. */
  | { type: "pushed"; event: PushedEvent; now: number; at: Moment }
  /** A page of the list: an older one, one of a sync, or one of a filtered list. */
  | { type: "list"; page: ConversationPage; asked: "older" | "since" | "filtered"; at: Moment }
  /** The newest pages of the list, which replace it. */
  | { type: "refreshed"; pages: readonly ConversationPage[]; at: Moment }
  /** One conversation from the server, perhaps with the change that led to it. */
  | { type: "conversation"; conversation: Conversation; change?: Change; at: Moment }
  /** The conversation does not exist, or this person must not see it. */
  | { type: "gone"; conversationId: ConversationId }
  /** A page of a conversation's history. */
  | { type: "history"; conversationId: ConversationId; page: History; asked: "newest" | "before" | "after" }
  /** Entries of the shop's log. `deskSeq` is the number of entries of the whole log. */
  | { type: "desk"; conversationId: ConversationId; entries: readonly DeskEntry[]; deskSeq: number }
  /** One of the person's own messages, changes or notes was acknowledged. */
  | { type: "sent"; stored: Stored }
  /** The person's own read cursor moved. */
  | { type: "read"; conversationId: ConversationId; seq: number }
  /** The outbox has changed. */
  | { type: "outbox"; pending: readonly Pending[]; unstored: boolean }
  /** Whether the person is an agent. */
  | { type: "agent"; agent: boolean }
  /** The drafts have changed. */
  | { type: "drafts"; drafts: DraftTexts }
  /** The shop's presence. */
  | { type: "shop"; shop: Shop }
  /** The state of the connection has changed. */
  | { type: "connection"; connection: ConnectionState; sessionEnd?: SessionEnd | undefined }
  /** The clock offset has changed, in milliseconds. */
  | { type: "clock"; offset: number }
  /** A conversation was opened, or closed if undefined. */
  | { type: "open"; conversationId: ConversationId | undefined }
  /** A sync has succeeded, or failed with this message. */
  | { type: "synced"; asOf?: string | undefined; failure?: string }
  /** Time has passed, so typing indicators may have expired. `now` is the monotonic clock. */
  | { type: "time"; now: number };

/**
 * Returns the state after a change. It is a pure function. Events can come in any order, more than
 * once or not at all. After a conversation has been fetched, the state is the same as if none of
 * the earlier events had come. Unknown events of a later release are ignored; unknown kinds and
 * statuses are kept.
 */
export function reduce(state: State, change: StateChange): State {
  switch (change.type) {
    case "pushed":
      return pushed(state, change.event, change.now, change.at);
    case "list":
      return listed(state, change.page, change.asked, change.at);
    case "refreshed":
      return refreshed(state, change.pages, change.at);
    case "conversation":
      return withShop(withConversation(state, change.conversation, change.change, change.at), change.conversation.shop);
    case "gone":
      return without(state, change.conversationId);
    case "history":
      return history(state, change.conversationId, change.page, change.asked);
    case "desk":
      return withDesk(state, change.conversationId, change.entries, change.deskSeq);
    case "sent":
      return withStored(state, change.stored);
    case "read":
      return cursor(state, change.conversationId, state.me, { readSeq: change.seq });
    case "outbox":
      return withPending({ ...state, unstored: change.unstored }, change.pending);
    case "agent":
      return { ...state, agent: change.agent };
    case "drafts":
      return { ...state, drafts: change.drafts };
    case "shop":
      return withShop(state, change.shop);
    case "connection":
      return { ...state, connection: change.connection, sessionEnd: change.sessionEnd };
    case "clock":
      return { ...state, clockOffset: change.offset };
    case "open":
      return opened(state, change.conversationId);
    case "synced":
      return { ...state, asOf: change.asOf ?? state.asOf, failure: change.failure };
    case "time":
      return stillTyping(state, change.now);
  }
}

function pushed(state: State, event: PushedEvent, now: number, at: Moment): State {
  switch (event.event) {
    case "new_message":
      return withoutTypist(shopIsThere(withStoredMessage(state, event.message), event.message.sender.role), event.message);
    case "order_message_update":
      return withoutTypist(withStoredMessage(state, event.message, event.order), event.message);
    case "order_updated":
      return withStoredMessage(state, event.message);
    case "order_created":
      return withConversations(state, [event.conversation], at);
    case "conversation_updated":
      return withConversation(state, event.conversation, event.change, at);
    case "message_changed":
      return event.message === undefined ? state : shopIsThere(withStoredChange(state, event.change, event.message), event.change.by.role);
    case "desk_updated":
      return event.entry === undefined ? state : withDeskOf(state, event);
    case "message_delivered":
      return cursor(state, event.conversationId, event, { deliveredSeq: event.seq });
    case "message_read":
      return shopIsThere(cursor(state, event.conversationId, event, { readSeq: event.seq }), event.role);
    case "user_typing": {
      const typist = { userId: event.userId, name: event.name, until: now + event.expiresInMs };
      return shopIsThere(withTypists(stillTyping(state, now), event.conversationId, event.userId, [typist]), event.role);
    }
    case "user_stopped_typing":
      return withTypists(state, event.conversationId, event.userId, []);
    case "presence":
      return presence(state, event, at);
    case "settings_updated":
      return state;
    default:
      // An unknown event of a later release.
      return state;
  }
}

/**
 * Adds a message from any source. A message of an unknown conversation changes nothing; the client
 * fetches the conversation.
 */
function withStoredMessage(state: State, message: Message, order?: OrderSummary): State {
  const id = message.conversationId;
  let next = state;
  const entry = state.conversations.get(id);
  if (entry !== undefined) next = withEntry(next, withMessage(entry, message, state.me, order));
  const timeline = next.timelines.get(id);
  if (timeline !== undefined) next = withTimeline(next, id, withMessages(timeline, [message]));
  return acknowledged(next, { messages: [message] });
}

/**
 * Adds a change from any source, with the changed message as it is now. The message is kept even if
 * it is not loaded, because a page that is being loaded can contain an older version.
 */
function withStoredChange(state: State, change: Change, message?: Message): State {
  const id = change.conversationId;
  let next = state;
  const entry = state.conversations.get(id);
  if (entry !== undefined) next = withEntry(next, withChange(entry, change, message));
  const timeline = next.timelines.get(id);
  if (timeline !== undefined) next = withTimeline(next, id, withChanges(withMessages(timeline, message === undefined ? [] : [message]), [change]));
  return acknowledged(next, { changes: [change] });
}

function withStored(state: State, stored: Stored): State {
  if (!("message" in stored)) return withDeskOf(state, stored);
  return "change" in stored ? withStoredChange(state, stored.change, stored.message) : withStoredMessage(state, stored.message);
}

/** Adds entries of the shop's log. They are kept if the timeline is held too. */
function withDesk(state: State, id: ConversationId, entries: readonly DeskEntry[], deskSeq: number): State {
  let next = state;
  const entry = state.conversations.get(id);
  if (entry !== undefined) next = withEntry(next, withDeskSeq(entry, deskSeq));
  const held = state.desks.get(id) ?? [];
  const desk = withDeskEntries(held, entries);
  const isKept = id === state.open || state.timelines.has(id);
  if (isKept && desk !== held) next = { ...next, desks: new Map(next.desks).set(id, desk) };
  return acknowledged(next, { entries });
}

/** Adds an entry of the shop's log with the desk after it. A server that knows only notes sends no desk. */
function withDeskOf(state: State, { entry: cause, desk, deskSeq, ...about }: { conversationId?: ConversationId; entry?: DeskEntry; desk?: Desk; deskSeq?: number }): State {
  // An older release has stored outcomes without the conversation's id.
  const id = about.conversationId ?? cause?.conversationId ?? "";
  const length = Math.max(deskSeq ?? 0, cause?.deskSeq ?? 0);
  let next = state;
  const entry = state.conversations.get(id);
  if (entry !== undefined && desk !== undefined) next = withEntry(next, withPushedDesk(entry, desk, length, cause));
  return withDesk(next, id, cause === undefined ? [] : [cause], length);
}

/** Adds a conversation with the change that led to it. A server of an earlier release sends no change. */
function withConversation(state: State, conversation: Conversation, change: Change | undefined, at: Moment): State {
  return withConversations(change === undefined ? state : withStoredChange(state, change), [conversation], at);
}

function withConversations(state: State, incoming: readonly Conversation[], at: Moment): State {
  return bounded(merged(state, incoming, at));
}

function merged(state: State, incoming: readonly Conversation[], at: Moment): State {
  const conversations = new Map(state.conversations);
  for (const conversation of incoming) {
    const { id } = conversation;
    conversations.set(id, merge(conversations.get(id), conversation, state.me, state.timelines.get(id), at));
  }
  return { ...state, conversations };
}

function listed(state: State, page: ConversationPage, asked: "older" | "since" | "filtered", at: Moment): State {
  if (asked !== "older") return withConversations(state, page.items, at);
  // Pages that a person has loaded by scrolling are kept, also above the limit. Then the list ends
  // here.
  const next = merged(state, page.items, at);
  const full = next.conversations.size >= MOST_CONVERSATIONS && page.nextCursor !== undefined;
  return { ...next, truncated: full, olderCursor: full ? undefined : page.nextCursor };
}

/**
 * Applies the newest pages of the list. A held conversation that is not among them is dropped if it
 * belongs further down, and fetched if it has just moved up.
 */
function refreshed(state: State, pages: readonly ConversationPage[], at: Moment): State {
  const items = pages.flatMap((page) => page.items);
  const olderCursor = pages.at(-1)?.nextCursor;
  const next = withConversations(state, items, at);
  const found = new Set(items.map(({ id }) => id));
  const end = items.at(-1)?.lastActivityAt;
  const conversations = new Map<ConversationId, ConversationEntry>();
  for (const [id, entry] of next.conversations) {
    const missing = !found.has(id) && state.conversations.has(id);
    const isFurtherDown = olderCursor !== undefined && end !== undefined && entry.conversation.lastActivityAt < end;
    if (missing && isFurtherDown && !isInUse(next, id)) continue;
    conversations.set(id, missing ? { ...entry, stale: true } : entry);
  }
  return { ...next, conversations, listLoaded: true, olderCursor, truncated: false, refreshes: state.refreshes + 1 };
}

/** Drops the conversations with the oldest activity above the limit. */
function bounded(state: State): State {
  if (state.conversations.size <= MOST_CONVERSATIONS) return state;
  const newestFirst = [...state.conversations.values()].sort(byActivity);
  const kept = newestFirst.filter(({ conversation: { id } }, index) => index < KEPT_CONVERSATIONS || isInUse(state, id));
  const conversations = new Map(kept.map((entry) => [entry.conversation.id, entry]));
  return { ...state, conversations, truncated: true, olderCursor: undefined };
}

function without(state: State, id: ConversationId): State {
  if (!state.conversations.has(id)) return state;
  const conversations = new Map(state.conversations);
  conversations.delete(id);
  return { ...state, conversations };
}

/** Returns true if a conversation must be kept: it is open or has pending messages. */
function isInUse(state: State, id: ConversationId): boolean {
  const { open, outbox, pendingChanges, pendingNotes, pendingDecisions } = state;
  return id === open || [outbox, pendingChanges, pendingNotes, pendingDecisions].some((pending) => pending.some(({ conversationId }) => conversationId === id));
}

/**
 * Keeps the timelines of the conversations that were opened last, and only the newest messages of
 * closed ones.
 */
function opened(state: State, id: ConversationId | undefined): State {
  const timelines = new Map(state.timelines);
  if (state.open !== undefined && state.open !== id) {
    const left = timelines.get(state.open);
    if (left !== undefined) timelines.set(state.open, newest(left, KEPT_MESSAGES));
  }
  const shown = id === undefined ? undefined : timelines.get(id);
  if (id !== undefined && shown !== undefined) {
    timelines.delete(id);
    timelines.set(id, shown);
  }
  for (const oldest of timelines.keys()) {
    if (timelines.size <= MOST_TIMELINES) break;
    timelines.delete(oldest);
  }
  const desks = new Map([...state.desks].filter(([each]) => each === id || timelines.has(each)));
  return { ...state, open: id, timelines, desks };
}

function history(state: State, id: ConversationId, page: History, asked: "newest" | "before" | "after"): State {
  const timeline = state.timelines.get(id) ?? EMPTY_TIMELINE;
  if (asked === "before" && leavesGap(timeline, page)) return state;
  let next = withTimeline(state, id, withHistory(timeline, page, asked));
  const entry = state.conversations.get(id);
  if (entry !== undefined) next = withEntry(next, withPage(entry, page, state.me));
  return acknowledged(next, page);
}

/** Returns the entry after the messages and changes of a page, in the order of `seq`. */
function withPage(entry: ConversationEntry, page: History, me: Person): ConversationEntry {
  const log = [...page.messages, ...page.changes].sort((one, other) => one.seq - other.seq);
  const after = log.reduce((sofar, each) => ("sender" in each ? withMessage(sofar, each, me) : withChange(sofar, each)), entry);
  return page.others.reduce((sofar, message) => withMessage(sofar, message, me), after);
}

/**
 * Returns true if an older page does not connect to the held entries, because the conversation was
 * closed and shortened after the request.
 */
function leavesGap(timeline: Timeline, page: History): boolean {
  const [oldest, last] = [oldestSeq(timeline), newestSeq(page)];
  return last > 0 && (oldest === undefined || last + 1 < oldest);
}

function cursor(
  state: State,
  id: ConversationId,
  who: Parameters<typeof withCursor>[1],
  moved: Parameters<typeof withCursor>[2],
): State {
  const entry = state.conversations.get(id);
  if (entry === undefined) return state;
  return withEntry(state, withCursor(entry, who, moved, state.me, state.timelines.get(id)));
}

/** Adopts what is pending, without what is stored now. */
function withPending(state: State, pending: readonly Pending[]): State {
  const waiting = pending.filter((each) => storedOf(state, each) === undefined);
  return {
    ...state,
    outbox: waiting.filter(isMessage),
    pendingChanges: waiting.filter(isChange),
    pendingNotes: waiting.filter(isNote),
    pendingDecisions: waiting.filter(isDecision),
  };
}

/** Removes what is stored now from what is pending. */
function acknowledged(
  state: State,
  { messages = [], changes = [], entries = [] }: { messages?: readonly Message[]; changes?: readonly Change[]; entries?: readonly DeskEntry[] },
): State {
  const { outbox, pendingChanges, pendingNotes, pendingDecisions, me } = state;
  const pending = [...outbox, ...pendingChanges, ...pendingNotes, ...pendingDecisions];
  if (pending.length === 0) return state;
  const ids = new Set([
    ...messages.flatMap(({ clientMessageId, sender }) => (isSamePerson(sender, me) ? (clientMessageId ?? []) : [])),
    ...[...changes, ...entries].flatMap(({ changeId, by }) => (isSamePerson(by, me) ? changeId : [])),
  ]);
  const isWaiting = (each: Pending) => !ids.has(idOf(each));
  if (pending.every(isWaiting)) return state;
  return {
    ...state,
    outbox: outbox.filter(isWaiting),
    pendingChanges: pendingChanges.filter(isWaiting),
    pendingNotes: pendingNotes.filter(isWaiting),
    pendingDecisions: pendingDecisions.filter(isWaiting),
  };
}

/** Returns what the server has stored for something that was pending, if the client holds it. */
export function storedOf(state: State, pending: Pending): Stored | undefined {
  const { me } = state;
  const { messages, changes } = state.timelines.get(pending.conversationId) ?? EMPTY_TIMELINE;
  if (isMessage(pending)) {
    const message = messages.find(({ clientMessageId, sender }) => clientMessageId === pending.clientMessageId && isSamePerson(sender, me));
    return message && { message };
  }
  const isOurs = ({ changeId, by }: { changeId: string; by: Person }) => changeId === pending.changeId && isSamePerson(by, me);
  if (isNote(pending) || isDecision(pending)) {
    const { conversationId } = pending;
    const entry = state.desks.get(conversationId)?.find(isOurs);
    return entry && { conversationId, entry };
  }
  const change = changes.find(isOurs);
  const message = change !== undefined && "target" in change ? messageAt(state.timelines.get(pending.conversationId) ?? EMPTY_TIMELINE, change.target) : undefined;
  return change && message && { change, message };
}

/** An admin who does something is online, so the shop is online. */
function shopIsThere(state: State, role: string): State {
  if (state.me.role !== "customer" || role !== "admin" || state.shop?.online === true) return state;
  return { ...state, shop: { online: true } };
}

function presence(state: State, event: Extract<PushedEvent, { event: "presence" }>, at: Moment): State {
  const changed = [...state.conversations].flatMap(([id, entry]) => {
    const next = withPresence(entry, event, at);
    return next === entry ? [] : [[id, next] as const];
  });
  if (changed.length === 0) return state;
  const conversations = new Map(state.conversations);
  for (const [id, entry] of changed) conversations.set(id, entry);
  return { ...state, conversations };
}

function withShop(state: State, shop: Shop | undefined): State {
  return shop === undefined ? state : { ...state, shop };
}

function withoutTypist(state: State, { conversationId, sender }: Message): State {
  return withTypists(state, conversationId, sender.userId, []);
}

function withTypists(state: State, id: ConversationId, userId: string, instead: readonly Typist[]): State {
  const held = state.typing.get(id) ?? [];
  const typists = [...held.filter((typist) => typist.userId !== userId), ...instead];
  if (instead.length === 0 && typists.length === held.length) return state;
  return { ...state, typing: new Map(state.typing).set(id, typists) };
}

function stillTyping(state: State, now: number): State {
  if (state.typing.size === 0) return state;
  const typing = new Map<ConversationId, readonly Typist[]>();
  for (const [id, typists] of state.typing) {
    const still = typists.filter((typist) => typist.until > now);
    if (still.length > 0) typing.set(id, still);
  }
  return { ...state, typing };
}

function withEntry(state: State, entry: ConversationEntry): State {
  const { id } = entry.conversation;
  if (state.conversations.get(id) === entry) return state;
  return { ...state, conversations: new Map(state.conversations).set(id, entry) };
}

function withTimeline(state: State, id: ConversationId, timeline: Timeline): State {
  if (state.timelines.get(id) === timeline) return state;
  return { ...state, timelines: new Map(state.timelines).set(id, timeline) };
}
