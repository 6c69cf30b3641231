import type { Conversation, Message } from "../protocol.ts";
import { type ConversationEntry, sideOf } from "./conversation.ts";
import type { State } from "./state.ts";

/** How far a message has come with the other side. */
export type Tick = "sent" | "delivered" | "read";

/** Last activity first. */
export function byActivity(one: ConversationEntry, other: ConversationEntry): number {
  const [a, b] = [one.conversation, other.conversation];
  if (a.lastActivityAt !== b.lastActivityAt) return a.lastActivityAt < b.lastActivityAt ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}

/** The list, last activity first. */
export function sorted(conversations: State["conversations"]): readonly ConversationEntry[] {
  return [...conversations.values()].sort(byActivity);
}

/** A customer's message has come as far as the most advanced admin's cursors go, the shop's as far as the customer's. */
export function tickOf(message: Message, { participants }: Conversation): Tick {
  const others = participants.filter((participant) => participant.role !== sideOf(message));
  if (others.some((participant) => participant.readSeq >= message.seq)) return "read";
  return others.some((participant) => participant.deliveredSeq >= message.seq) ? "delivered" : "sent";
}
