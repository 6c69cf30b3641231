import type { Conversation, Message } from "../protocol.ts";
import { type ConversationEntry, sideOf } from "./conversation.ts";
import type { State } from "./state.ts";

/** The delivery status of a message on the other side. */
export type Tick = "sent" | "delivered" | "read";

/** Compares by last activity, the latest first. */
export function byActivity(one: ConversationEntry, other: ConversationEntry): number {
  const [a, b] = [one.conversation, other.conversation];
  if (a.lastActivityAt !== b.lastActivityAt) return a.lastActivityAt < b.lastActivityAt ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}

/** Returns the conversations with the latest activity first. */
export function sorted(conversations: State["conversations"]): readonly ConversationEntry[] {
  return [...conversations.values()].sort(byActivity);
}

/**
 * Returns the delivery status of a message. The most advanced admin's cursors count for a
 * customer's message, and the customer's cursors for the shop's.
 */
export function tickOf(message: Message, { participants }: Conversation): Tick {
  const others = participants.filter((participant) => participant.role !== sideOf(message));
  if (others.some((participant) => participant.readSeq >= message.seq)) return "read";
  return others.some((participant) => participant.deliveredSeq >= message.seq) ? "delivered" : "sent";
}

/** Returns true if the person may change what the shop has set: tags, canned responses and the SLA. */
export function canManage({ me, agent }: Pick<State, "me" | "agent">): boolean {
  return me.role === "admin" && !agent;
}
