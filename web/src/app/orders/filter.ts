import { useState } from "react";
import type { ConversationEntry } from "../../client/index.ts";
import type { ConversationStatus, OrderStatus } from "../../protocol.ts";
import { orderNumber } from "../format.ts";

/** Which conversations the list shows. */
export interface Filter {
  /** The order status to show, or undefined for all. */
  readonly order: OrderStatus | undefined;
  /** The conversation status to show, or undefined for all. */
  readonly conversation: ConversationStatus | undefined;
  /** The text in the search field. */
  readonly words: string;
}

/** Holds the filter while the page is mounted. */
export function useFilter(): [Filter, (filter: Filter) => void] {
  return useState<Filter>({ order: undefined, conversation: undefined, words: "" });
}

/** Returns true if a conversation matches both statuses and contains every word of the search. */
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

/** Returns true if the order and the conversation have the chosen statuses. */
export function matchesStatus({ conversation }: ConversationEntry, { order, conversation: status }: Filter): boolean {
  return (order === undefined || conversation.order.status === order) && (status === undefined || conversation.status === status);
}
