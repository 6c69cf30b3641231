import type { Conversation, ConversationId, ConversationPage, History, Message, OrderSummary, Shop } from "../protocol.ts";
import type { ConnectionState } from "./connection.ts";
import { type ConversationEntry, merge, withCursor, withMessage } from "./conversation.ts";
import type { DraftTexts } from "./drafts.ts";
import type { PendingMessage } from "./outbox.ts";
import { isSamePerson } from "./person.ts";
import type { PushedEvent } from "./socket.ts";
import type { State, Typist } from "./state.ts";
import { EMPTY_TIMELINE, type Timeline, withHistory, withMessages } from "./timeline.ts";

/** Something that a client learns. */
export type Change =
  /** The server pushed it, just now or long ago, for the first time or again. */
  | { type: "pushed"; event: PushedEvent; now: number }
  /** A page of the list: the first, an older one, or what a sync found. */
  | { type: "list"; page: ConversationPage; asked: "first" | "older" | "since" }
  /** One conversation, as the server has it. */
  | { type: "conversation"; conversation: Conversation }
  /** A page of a conversation's history. */
  | { type: "history"; conversationId: ConversationId; page: History; asked: "newest" | "before" | "after" }
  /** An own message was acknowledged. */
  | { type: "sent"; message: Message }
  /** The own read cursor moved. */
  | { type: "read"; conversationId: ConversationId; seq: number; unread?: number }
  /** The own delivery cursor moved. */
  | { type: "delivered"; conversationId: ConversationId; seq: number }
  /** What waits to be sent, as it is in the storage. */
  | { type: "outbox"; unsent: readonly PendingMessage[] }
  /** What was begun and not sent. */
  | { type: "drafts"; drafts: DraftTexts }
  /** Whether the shop is there. */
  | { type: "shop"; shop: Shop }
  /** The connection stands differently. */
  | { type: "connection"; connection: ConnectionState }
  /** A sync has worked, or failed with these words. */
  | { type: "synced"; asOf?: string | undefined; failure?: string }
  /** Time has passed: who has not repeated that they type has stopped. */
  | { type: "time"; now: number };

/**
 * What a client knows after a change. Pure: the same changes make the same state, and events may come in any order, more than once
 * or not at all: a conversation that is fetched after them is as a client has it that heard none of them.
 */
export function reduce(state: State, change: Change): State {
  switch (change.type) {
    case "pushed":
      return pushed(state, change.event, change.now);
    case "list":
      return listed(state, change.page, change.asked);
    case "conversation":
      return withShop(heardOf(state, change.conversation), change.conversation.shop);
    case "history":
      return history(state, change.conversationId, change.page, change.asked);
    case "sent":
      return said(state, change.message);
    case "read":
      return read(state, change.conversationId, change.seq, change.unread);
    case "delivered":
      return cursor(state, change.conversationId, state.me, { deliveredSeq: change.seq });
    case "outbox":
      return { ...state, outbox: change.unsent.filter((unsent) => !isStored(state, unsent)) };
    case "drafts":
      return { ...state, drafts: change.drafts };
    case "shop":
      return withShop(state, change.shop);
    case "connection":
      return { ...state, connection: change.connection };
    case "synced":
      return { ...state, asOf: change.asOf ?? state.asOf, failure: change.failure };
    case "time":
      return stillTyping(state, change.now);
  }
}

function pushed(state: State, event: PushedEvent, now: number): State {
  switch (event.event) {
    case "new_message":
      return withoutTypist(present(said(state, event.message), event.message.sender.role), event.message);
    case "order_message_update":
      return withoutTypist(said(state, event.message, event.order), event.message);
    case "order_updated":
      return said(state, event.message);
    case "order_created":
    case "conversation_updated":
      return heardOf(state, event.conversation);
    case "message_delivered":
      return cursor(state, event.conversationId, event, { deliveredSeq: event.seq });
    case "message_read":
      return present(cursor(state, event.conversationId, event, { readSeq: event.seq }), event.role);
    case "user_typing": {
      const typist = { userId: event.userId, name: event.name, until: now + event.expiresInMs };
      // Each of these puts off the timer that says who has stopped, so it is said here too.
      return present(withTypists(stillTyping(state, now), event.conversationId, event.userId, [typist]), event.role);
    }
    case "user_stopped_typing":
      return withTypists(state, event.conversationId, event.userId, []);
    case "presence":
      return presence(state, event);
  }
}

/** A message, from wherever it came. One of a conversation that is not held says nothing yet: the client fetches it. */
function said(state: State, message: Message, order?: OrderSummary): State {
  const id = message.conversationId;
  let next = state;
  const entry = state.conversations.get(id);
  if (entry !== undefined) next = withEntry(next, withMessage(entry, message, state.me, order));
  const timeline = next.timelines.get(id);
  if (timeline !== undefined) next = withTimeline(next, id, withMessages(timeline, [message]));
  return acknowledged(next, [message]);
}

function heardOf(state: State, conversation: Conversation): State {
  const known = state.conversations.get(conversation.id);
  return withEntry(state, merge(known, conversation, state.me, state.timelines.get(conversation.id)));
}

function listed(state: State, page: ConversationPage, asked: "first" | "older" | "since"): State {
  const next = page.items.reduce(heardOf, state);
  if (asked === "since") return next;
  const asOf = asked === "first" ? page.asOf : next.asOf;
  return { ...next, listLoaded: true, asOf, olderCursor: page.nextCursor };
}

function history(state: State, id: ConversationId, page: History, asked: "newest" | "before" | "after"): State {
  let next = withTimeline(state, id, withHistory(state.timelines.get(id) ?? EMPTY_TIMELINE, page, asked));
  const entry = state.conversations.get(id);
  if (entry !== undefined) {
    next = withEntry(next, page.messages.reduce((sofar, message) => withMessage(sofar, message, state.me), entry));
  }
  return acknowledged(next, page.messages);
}

function read(state: State, id: ConversationId, seq: number, unread: number | undefined): State {
  const next = cursor(state, id, state.me, { readSeq: seq });
  const entry = next.conversations.get(id);
  if (entry === undefined || unread !== 0 || entry.conversation.lastSeq > seq) return next;
  return withEntry(next, { ...entry, unread });
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

/** Without what waited and is stored now, whoever learned it first. */
function acknowledged(state: State, messages: readonly Message[]): State {
  if (state.outbox.length === 0) return state;
  const ids = new Set(messages.filter((message) => isFrom(message, state)).map((message) => message.clientMessageId));
  const outbox = state.outbox.filter((unsent) => !ids.has(unsent.clientMessageId));
  return outbox.length === state.outbox.length ? state : { ...state, outbox };
}

/** Whether it is among the messages held: then it need not be sent again. */
export function isStored(state: State, unsent: PendingMessage): boolean {
  const messages = state.timelines.get(unsent.conversationId)?.messages ?? [];
  return messages.some((message) => message.clientMessageId === unsent.clientMessageId && isFrom(message, state));
}

function isFrom(message: Message, { me }: State): boolean {
  return isSamePerson(message.sender, me);
}

/** Whoever of the shop does something is there. */
function present(state: State, role: string): State {
  if (state.me.role !== "customer" || role !== "admin" || state.shop?.online === true) return state;
  return { ...state, shop: { online: true } };
}

function presence(state: State, event: Extract<PushedEvent, { event: "presence" }>): State {
  const { online, lastSeenAt } = event;
  const conversations = new Map(state.conversations);
  for (const [id, entry] of conversations) {
    const { participants } = entry.conversation;
    if (!participants.some((participant) => isSamePerson(participant, event))) continue;
    const changed = participants.map((participant) => {
      if (!isSamePerson(participant, event)) return participant;
      return { ...participant, online, ...(lastSeenAt !== undefined && { lastSeenAt }) };
    });
    conversations.set(id, { ...entry, conversation: { ...entry.conversation, participants: changed } });
  }
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
  if (held.length === 0 && typists.length === 0) return state;
  return { ...state, typing: new Map(state.typing).set(id, typists) };
}

function stillTyping(state: State, now: number): State {
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
