import type { Conversation, Message, OrderSummary, Participant, Person, Role } from "../protocol.ts";
import { isSamePerson } from "./person.ts";
import type { Timeline } from "./timeline.ts";

/**
 * A logical clock of this client. It grows with every event that is received and every request that
 * is sent. An answer has the moment at which it was requested. This shows which of two facts about
 * a conversation may be older.
 */
export type Moment = number;

/** A conversation in the list. */
export interface ConversationEntry {
  /** The conversation as far as the client knows it. */
  readonly conversation: Conversation;
  /** The number of messages of the other side that the person has not read. */
  readonly unread: number;
  /** True if the conversation has to be fetched again. */
  readonly stale: boolean;
  /**
   * The moment as of which the status is known. An answer that was requested earlier does not
   * change it.
   */
  readonly statusAt: Moment;
  /** The moment as of which presence is known. */
  readonly presenceAt: Moment;
}

/** Returns the side of a message: the customer, or the shop. */
export function sideOf(message: Message): Role {
  return message.system?.by?.role ?? message.sender.role;
}

/** Returns the `seq` up to which `me` has read. */
export function readSeqOf(conversation: Conversation, me: Person): number {
  return cursorOf(conversation, me.userId, me.role)?.readSeq ?? 0;
}

/** Returns the `seq` up to which everything was delivered to `me`. */
export function deliveredSeqOf(conversation: Conversation, me: Person): number {
  const cursor = cursorOf(conversation, me.userId, me.role);
  return Math.max(cursor?.deliveredSeq ?? 0, cursor?.readSeq ?? 0);
}

/**
 * Merges a conversation as the server had it at some time after `at` into the entry. For an answer
 * `at` is the moment of the request, for an event the moment at which it arrived.
 *
 * A higher `lastSeq` is newer. With the same `lastSeq` the status has no order: an answer is newer
 * than everything received before the request, and an event may have overtaken another one, so the
 * conversation is fetched again.
 */
export function merge(
  known: ConversationEntry | undefined,
  incoming: Conversation,
  me: Person,
  timeline: Timeline | undefined,
  at: Moment,
): ConversationEntry {
  if (known === undefined) return first(incoming, me, at);
  const { conversation: old } = known;
  const isEvent = incoming.unread === undefined;
  const tellsPresence = incoming.participants.some(({ online }) => online !== undefined);
  const presenceAt = tellsPresence ? Math.max(known.presenceAt, at) : known.presenceAt;
  const participants = mergeParticipants(old.participants, incoming.participants, at >= known.presenceAt);
  if (incoming.lastSeq < old.lastSeq) {
    // The event or answer is older. Its cursors still count. Only the server knows whether its
    // status does.
    const entry = { ...known, conversation: { ...old, participants }, presenceAt, stale: known.stale || isEvent };
    return readSeqOf(entry.conversation, me) > readSeqOf(old, me) ? counted(entry, me, timeline) : entry;
  }
  const shop = incoming.shop ?? old.shop;
  const isOlder = incoming.lastSeq === old.lastSeq && at < known.statusAt;
  const conversation: Conversation = {
    ...incoming,
    ...(isOlder && { status: old.status, order: old.order }),
    participants,
    ...(shop && { shop }),
  };
  const moved = { ...known, conversation, presenceAt, statusAt: isOlder ? known.statusAt : at };
  const exact = !isEvent && readSeqOf(conversation, me) === readSeqOf(incoming, me);
  if (exact) return { ...moved, unread: incoming.unread ?? 0, stale: isOlder && known.stale };
  const stale = isEvent ? known.stale || incoming.status !== old.status : isOlder && known.stale;
  if (incoming.lastSeq === old.lastSeq && readSeqOf(conversation, me) === readSeqOf(old, me)) return { ...moved, stale };
  return counted({ ...moved, stale }, me, timeline);
}

/** Returns the entry after a message, which may be old, repeated, or ahead of others. */
export function withMessage(entry: ConversationEntry, message: Message, me: Person, order?: OrderSummary): ConversationEntry {
  const { conversation } = entry;
  const participants = withAuthor(conversation.participants, message);
  if (message.seq <= conversation.lastSeq) {
    return participants === conversation.participants ? entry : { ...entry, conversation: { ...conversation, participants } };
  }
  const jump = message.seq > conversation.lastSeq + 1;
  const wakes = conversation.status === "archived" && message.kind === "text";
  return {
    ...entry,
    conversation: {
      ...conversation,
      status: wakes ? "active" : conversation.status,
      order: order ?? { ...conversation.order, ...(message.system?.type === "status_changed" && { status: message.system.to }) },
      lastSeq: message.seq,
      lastMessage: message,
      lastActivityAt: message.createdAt,
      participants,
    },
    unread: entry.unread + (sideOf(message) !== me.role && message.seq > readSeqOf(conversation, me) ? 1 : 0),
    stale: entry.stale || jump,
  };
}

/** Returns the entry after a participant's cursor has moved. */
export function withCursor(
  entry: ConversationEntry,
  who: Pick<Person, "userId" | "role"> & { name?: string },
  cursor: { readSeq?: number; deliveredSeq?: number },
  me: Person,
  timeline: Timeline | undefined,
): ConversationEntry {
  const known = cursorOf(entry.conversation, who.userId, who.role);
  const moved: Participant = {
    userId: who.userId,
    role: who.role,
    name: who.name ?? known?.name ?? who.userId,
    readSeq: cursor.readSeq ?? 0,
    deliveredSeq: Math.max(cursor.deliveredSeq ?? 0, cursor.readSeq ?? 0),
  };
  const isKnown = known !== undefined && (who.name === undefined || who.name === known.name);
  if (isKnown && known.readSeq >= moved.readSeq && known.deliveredSeq >= moved.deliveredSeq) return entry;
  const participants = mergeParticipants(entry.conversation.participants, [moved], false);
  const conversation = { ...entry.conversation, participants };
  const mine = isSamePerson(who, me) && readSeqOf(conversation, me) > readSeqOf(entry.conversation, me);
  return mine ? counted({ ...entry, conversation }, me, timeline) : { ...entry, conversation };
}

/**
 * Returns the entry after a participant came online or went offline. Returns the same entry for
 * other people.
 */
export function withPresence(
  entry: ConversationEntry,
  who: Pick<Participant, "userId" | "role" | "online" | "lastSeenAt">,
  at: Moment,
): ConversationEntry {
  const { participants } = entry.conversation;
  if (!participants.some((participant) => isSamePerson(participant, who))) return entry;
  const { online, lastSeenAt } = who;
  const changed = participants.map((participant) => {
    if (!isSamePerson(participant, who)) return participant;
    return { ...participant, ...(online !== undefined && { online }), ...(lastSeenAt !== undefined && { lastSeenAt }) };
  });
  return { ...entry, conversation: { ...entry.conversation, participants: changed }, presenceAt: at };
}

/**
 * Counts the unread messages again from the timeline. If it does not contain them all, the entry
 * becomes stale.
 */
function counted(entry: ConversationEntry, me: Person, timeline: Timeline | undefined): ConversationEntry {
  const { conversation } = entry;
  const read = readSeqOf(conversation, me);
  if (read >= conversation.lastSeq) return { ...entry, unread: 0 };
  const past = timeline?.messages.filter((message) => message.seq > read && message.seq <= conversation.lastSeq) ?? [];
  if (past.length < conversation.lastSeq - read) return { ...entry, stale: true };
  return { ...entry, unread: past.filter((message) => sideOf(message) !== me.role).length };
}

function first(conversation: Conversation, me: Person, at: Moment): ConversationEntry {
  const about = { conversation, statusAt: at, presenceAt: at };
  if (conversation.unread !== undefined) return { ...about, unread: conversation.unread, stale: false };
  const unread = sideOf(conversation.lastMessage) === me.role ? 0 : 1;
  return { ...about, unread, stale: conversation.lastSeq > 1 };
}

function cursorOf(conversation: Conversation, userId: string, role: Role): Participant | undefined {
  return conversation.participants.find((participant) => isSamePerson(participant, { userId, role }));
}

/** Adds an admin who did something to the participants. */
function withAuthor(participants: Participant[], message: Message): Participant[] {
  const author = message.system?.by ?? message.sender;
  const known = participants.some((participant) => isSamePerson(participant, author));
  if (known || author.role !== "admin") return participants;
  return mergeParticipants(participants, [{ ...author, readSeq: 0, deliveredSeq: 0 }], false);
}

/**
 * Merges the cursors, which only move forward. Presence comes from `incoming` if that is `newer`.
 * The customer is first, then the admins by id.
 */
function mergeParticipants(held: readonly Participant[], incoming: readonly Participant[], newer: boolean): Participant[] {
  const merged = new Map(held.map((participant) => [`${participant.role}:${participant.userId}`, participant]));
  for (const participant of incoming) {
    const key = `${participant.role}:${participant.userId}`;
    const known = merged.get(key);
    const { online, lastSeenAt, ...others } = participant;
    const presence = { ...(online !== undefined && { online }), ...(lastSeenAt !== undefined && { lastSeenAt }) };
    merged.set(key, {
      ...known,
      ...others,
      ...((newer || known === undefined) && presence),
      readSeq: Math.max(known?.readSeq ?? 0, participant.readSeq),
      deliveredSeq: Math.max(known?.deliveredSeq ?? 0, participant.deliveredSeq),
    });
  }
  const rank = (participant: Participant) => (participant.role === "customer" ? 0 : 1);
  return [...merged.values()].sort(
    (one, other) => rank(one) - rank(other) || (one.userId < other.userId ? -1 : one.userId > other.userId ? 1 : 0),
  );
}
