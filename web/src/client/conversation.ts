import type { Conversation, Message, OrderSummary, Participant, Person, Role } from "../protocol.ts";
import { isSamePerson } from "./person.ts";
import type { Timeline } from "./timeline.ts";

/** A conversation in the list. */
export interface ConversationEntry {
  /** As far as it is known here. */
  readonly conversation: Conversation;
  /** How many messages of the other side the caller has not read. */
  readonly unread: number;
  /** Whether something about it can only be learned from the server: it has to be fetched. */
  readonly stale: boolean;
}

/** The side that a message counts for: the customer, or the shop. */
export function sideOf(message: Message): Role {
  return message.system?.by.role ?? message.sender.role;
}

/** Up to where `me` has read. */
export function readSeqOf(conversation: Conversation, me: Person): number {
  return cursorOf(conversation, me.userId, me.role)?.readSeq ?? 0;
}

/** Up to where everything has reached `me`. */
export function deliveredSeqOf(conversation: Conversation, me: Person): number {
  const cursor = cursorOf(conversation, me.userId, me.role);
  return Math.max(cursor?.deliveredSeq ?? 0, cursor?.readSeq ?? 0);
}

/** The entry for a conversation heard of from the server, be it news or old. */
export function merge(known: ConversationEntry | undefined, incoming: Conversation, me: Person, timeline: Timeline | undefined): ConversationEntry {
  if (known === undefined) return first(incoming, me);
  const { conversation: old } = known;
  const participants = mergeParticipants(old.participants, incoming.participants);
  if (incoming.lastSeq < old.lastSeq) {
    // Overtaken. Its cursors hold; whether its status does, only the server knows.
    const entry = { ...known, conversation: { ...old, participants }, stale: known.stale || incoming.unread === undefined };
    return readSeqOf(entry.conversation, me) > readSeqOf(old, me) ? counted(entry, me, timeline) : entry;
  }
  const shop = incoming.shop ?? old.shop;
  const conversation: Conversation = { ...incoming, participants, ...(shop && { shop }) };
  const exact = incoming.unread !== undefined && readSeqOf(conversation, me) === readSeqOf(incoming, me);
  if (exact) return { conversation, unread: incoming.unread ?? 0, stale: false };
  // An event may have been overtaken by one that changed the status again, which leaves no `seq` by which to tell.
  const stale = known.stale || (incoming.unread === undefined && incoming.status !== old.status);
  if (incoming.lastSeq === old.lastSeq && readSeqOf(conversation, me) === readSeqOf(old, me)) {
    return { conversation, unread: known.unread, stale };
  }
  return counted({ ...known, conversation, stale }, me, timeline);
}

/** The entry after a message of its conversation, which may be old, repeated, or ahead of others. */
export function withMessage(entry: ConversationEntry, message: Message, me: Person, order?: OrderSummary): ConversationEntry {
  const { conversation } = entry;
  const participants = withAuthor(conversation.participants, message);
  if (message.seq <= conversation.lastSeq) {
    return participants === conversation.participants ? entry : { ...entry, conversation: { ...conversation, participants } };
  }
  const jump = message.seq > conversation.lastSeq + 1;
  const wakes = conversation.status === "archived" && message.kind === "text";
  return {
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

/** The entry after somebody's cursor has moved. */
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
  const participants = mergeParticipants(entry.conversation.participants, [moved]);
  const conversation = { ...entry.conversation, participants };
  const mine = isSamePerson(who, me) && readSeqOf(conversation, me) > readSeqOf(entry.conversation, me);
  // Somebody who read and is not known by name yet can only be named by the server.
  const stale = entry.stale || (known === undefined && who.name === undefined);
  return mine ? counted({ ...entry, conversation, stale }, me, timeline) : { ...entry, conversation, stale };
}

/** Counts anew what is unread, from the messages held; where they do not reach that far the entry is stale. */
function counted(entry: ConversationEntry, me: Person, timeline: Timeline | undefined): ConversationEntry {
  const { conversation } = entry;
  const read = readSeqOf(conversation, me);
  if (read >= conversation.lastSeq) return { ...entry, unread: 0 };
  const past = timeline?.messages.filter((message) => message.seq > read && message.seq <= conversation.lastSeq) ?? [];
  if (past.length < conversation.lastSeq - read) return { ...entry, stale: true };
  return { ...entry, unread: past.filter((message) => sideOf(message) !== me.role).length };
}

function first(conversation: Conversation, me: Person): ConversationEntry {
  if (conversation.unread !== undefined) return { conversation, unread: conversation.unread, stale: false };
  const unread = sideOf(conversation.lastMessage) === me.role ? 0 : 1;
  return { conversation, unread, stale: conversation.lastSeq > 1 };
}

function cursorOf(conversation: Conversation, userId: string, role: Role): Participant | undefined {
  return conversation.participants.find((participant) => isSamePerson(participant, { userId, role }));
}

/** An admin who did something takes part from then on. */
function withAuthor(participants: Participant[], message: Message): Participant[] {
  const author = message.system?.by ?? message.sender;
  const known = participants.some((participant) => isSamePerson(participant, author));
  if (known || author.role !== "admin") return participants;
  return mergeParticipants(participants, [{ ...author, readSeq: 0, deliveredSeq: 0 }]);
}

/** Cursors only move forward: the higher one counts. The customer first, then admins by id. */
function mergeParticipants(held: readonly Participant[], incoming: readonly Participant[]): Participant[] {
  const merged = new Map(held.map((participant) => [`${participant.role}:${participant.userId}`, participant]));
  for (const participant of incoming) {
    const key = `${participant.role}:${participant.userId}`;
    const known = merged.get(key);
    merged.set(key, {
      ...known,
      ...participant,
      readSeq: Math.max(known?.readSeq ?? 0, participant.readSeq),
      deliveredSeq: Math.max(known?.deliveredSeq ?? 0, participant.deliveredSeq),
    });
  }
  const rank = (participant: Participant) => (participant.role === "customer" ? 0 : 1);
  return [...merged.values()].sort(
    (one, other) => rank(one) - rank(other) || (one.userId < other.userId ? -1 : one.userId > other.userId ? 1 : 0),
  );
}
