import type { Change, Conversation, Message, OrderSummary, Participant, Person, Role } from "../protocol.ts";
import { type DeskVersion, withAnsweredDesk, withChangeOnDesk, withCustomersText, withMessageOnDesk, withNewDesk } from "./desk-state.ts";
import { isSamePerson } from "./person.ts";
import { type Timeline, isNewer } from "./timeline.ts";

/**
 * A logical clock of this client. It grows with every event that is received and every request that
 * is sent. An answer has the moment at which it was requested. This shows which of two facts about
 * presence, which has no `seq`, may be older.
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
  /** The moment as of which presence is known. */
  readonly presenceAt: Moment;
  /** For an admin, how far the desk is known. */
  readonly deskVersion?: DeskVersion;
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
 * A higher `lastSeq` is newer. With the same `lastSeq` the messages, the changes and the status are
 * the same. Cursors only move forward.
 */
export function merge(
  known: ConversationEntry | undefined,
  incoming: Conversation,
  me: Person,
  timeline: Timeline | undefined,
  at: Moment,
): ConversationEntry {
  if (known === undefined) return first(incoming, me, at);
  return withAnsweredDesk(mergedWith(known, incoming, me, timeline, at), known.conversation.lastSeq, incoming);
}

/** Merges everything but the desk. */
function mergedWith(known: ConversationEntry, incoming: Conversation, me: Person, timeline: Timeline | undefined, at: Moment): ConversationEntry {
  const { conversation: old } = known;
  const tellsPresence = incoming.participants.some(({ online }) => online !== undefined);
  const presenceAt = tellsPresence ? Math.max(known.presenceAt, at) : known.presenceAt;
  const participants = mergeParticipants(old.participants, incoming.participants, at >= known.presenceAt);
  const deskSeq = highest(old.deskSeq, incoming.deskSeq);
  const { desk } = old;
  const kept = { participants, ...(deskSeq !== undefined && { deskSeq }), ...(desk !== undefined && { desk }) };
  if (incoming.lastSeq < old.lastSeq) {
    const entry = { ...known, conversation: { ...old, ...kept }, presenceAt };
    return readSeqOf(entry.conversation, me) > readSeqOf(old, me) ? counted(entry, me, timeline) : entry;
  }
  const shop = incoming.shop ?? old.shop;
  const conversation: Conversation = { ...incoming, ...kept, ...(shop && { shop }) };
  const entry = { ...known, conversation, presenceAt };
  const { unread } = incoming;
  if (unread !== undefined && readSeqOf(conversation, me) === readSeqOf(incoming, me)) return { ...entry, unread, stale: false };
  if (incoming.lastSeq === old.lastSeq && readSeqOf(conversation, me) === readSeqOf(old, me)) return entry;
  return counted(entry, me, timeline);
}

/** Returns the entry after a message, which may be old, repeated, or ahead of others. */
export function withMessage(entry: ConversationEntry, message: Message, me: Person, order?: OrderSummary): ConversationEntry {
  const { conversation } = entry;
  const participants = withAuthor(conversation.participants, message);
  const lastMessage = lastOf(conversation.lastMessage, message);
  if (message.seq <= conversation.lastSeq) {
    const isKnown = participants === conversation.participants && lastMessage === conversation.lastMessage;
    return withCustomersText(isKnown ? entry : { ...entry, conversation: { ...conversation, participants, lastMessage } }, message);
  }
  const jump = message.seq > conversation.lastSeq + 1;
  const wakes = conversation.status === "archived" && message.kind === "text";
  const next: ConversationEntry = {
    ...entry,
    conversation: {
      ...conversation,
      status: wakes ? "active" : conversation.status,
      order: order ?? { ...conversation.order, ...(message.system?.type === "status_changed" && { status: message.system.to }) },
      lastSeq: message.seq,
      lastMessage,
      lastActivityAt: message.createdAt,
      participants,
    },
    unread: entry.unread + (sideOf(message) !== me.role && message.seq > readSeqOf(conversation, me) ? 1 : 0),
    stale: entry.stale || jump,
  };
  return withCustomersText(withMessageOnDesk(next, message, wakes), message);
}

/**
 * Returns the entry after a change, which may be old, repeated, or ahead of others. `message` is the
 * changed message as it is now. A change is no message, so it is not counted as unread.
 */
export function withChange(entry: ConversationEntry, change: Change, message?: Message): ConversationEntry {
  const { conversation } = entry;
  const isLast = message !== undefined && message.seq === conversation.lastMessage.seq;
  const lastMessage = isLast ? lastOf(conversation.lastMessage, message) : conversation.lastMessage;
  if (change.seq <= conversation.lastSeq) {
    return lastMessage === conversation.lastMessage ? entry : { ...entry, conversation: { ...conversation, lastMessage } };
  }
  const next: ConversationEntry = {
    ...entry,
    conversation: {
      ...conversation,
      status: change.type === "status" ? change.to : conversation.status,
      lastSeq: change.seq,
      lastMessage,
      lastActivityAt: change.createdAt,
    },
    stale: entry.stale || change.seq > conversation.lastSeq + 1,
  };
  return withChangeOnDesk(next, change);
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
  const isPast = ({ seq }: { seq: number }) => seq > read && seq <= conversation.lastSeq;
  const past = timeline?.messages.filter(isPast) ?? [];
  const changes = timeline?.changes.filter(isPast) ?? [];
  if (past.length + changes.length < conversation.lastSeq - read) return { ...entry, stale: true };
  return { ...entry, unread: past.filter((message) => sideOf(message) !== me.role).length };
}

function first(conversation: Conversation, me: Person, at: Moment): ConversationEntry {
  const about = { conversation, presenceAt: at };
  const answered = (entry: ConversationEntry) => withAnsweredDesk(entry, conversation.lastSeq, conversation);
  if (conversation.unread !== undefined) return answered({ ...about, unread: conversation.unread, stale: false });
  const unread = sideOf(conversation.lastMessage) === me.role ? 0 : 1;
  const isNew = conversation.lastSeq === 1;
  const entry = { ...about, unread, stale: !isNew };
  return isNew && me.role === "admin" && conversation.desk === undefined ? withNewDesk(entry) : answered(entry);
}

function cursorOf(conversation: Conversation, userId: string, role: Role): Participant | undefined {
  return conversation.participants.find((participant) => isSamePerson(participant, { userId, role }));
}

/** Returns the last message, as a preview without reactions, after another message. */
function lastOf(last: Message, message: Message): Message {
  const isLater = message.seq > last.seq || (message.seq === last.seq && isNewer(message, last));
  if (!isLater) return last;
  const { reactions: _, ...preview } = message;
  return preview;
}

function highest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/** Adds an admin who wrote or changed the order to the participants. A change of a message adds nobody. */
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
