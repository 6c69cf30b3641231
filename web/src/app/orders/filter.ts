import { useState } from "react";
import type { ConversationEntry } from "../../client/index.ts";
import type { ConversationStatus, OrderStatus } from "../../protocol.ts";
import { orderNumber } from "../format.ts";

/** What of the list is shown. */
export interface Filter {
  /** Orders of this status; all if absent. */
  readonly order: OrderStatus | undefined;
  /** Conversations of this status; all if absent. */
  readonly conversation: ConversationStatus | undefined;
  /** What was typed into the search. */
  readonly words: string;
}

/** What of the list is shown, kept while the page is. */
export function useFilter(): [Filter, (filter: Filter) => void] {
  return useState<Filter>({ order: undefined, conversation: undefined, words: "" });
}

/** Whether a conversation is to be shown. Every word has to be somewhere in it. */
export function matches(entry: ConversationEntry, filter: Filter): boolean {
  if (!matchesStatus(entry, filter)) return false;
  const { conversation } = entry;
  const text = [
    conversation.customerName,
    conversation.order.title,
    orderNumber(conversation.orderId),
    conversation.lastMessage.body,
  ]
    .join(" ")
    .toLowerCase();
  return filter.words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Whether a conversation is of the status that is shown, and its order too. */
export function matchesStatus({ conversation }: ConversationEntry, { order, conversation: status }: Filter): boolean {
  return (order === undefined || conversation.order.status === order) && (status === undefined || conversation.status === status);
}
