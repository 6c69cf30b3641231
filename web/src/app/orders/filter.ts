import { useState } from "react";
import { type ConversationEntry, personKey } from "../../client/index.ts";
import type { ConversationStatus, OrderStatus, Priority } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { orderNumber } from "../format.ts";
import { tabStorage } from "../storage.ts";
import { type DeskFilter, NO_DESK_FILTER, PRIORITIES, VIEWS, type View } from "./views.ts";

/** What the list is sorted by. */
export type Sorting = "activity" | "priority";

/** Which conversations the list shows. */
export interface Filter extends DeskFilter {
  /** The order status to show, or undefined for all. */
  readonly order: OrderStatus | undefined;
  /** The conversation status to show, or undefined for all. */
  readonly conversation: ConversationStatus | undefined;
  /** The text in the search field. */
  readonly words: string;
  readonly sorting: Sorting;
}

/** All conversations, the latest activity first. */
export const NO_FILTER: Filter = { ...NO_DESK_FILTER, order: undefined, conversation: undefined, words: "", sorting: "activity" };

/**
 * Holds the filter while the page is mounted. What narrows the list by what the shop decided is kept
 * for the tab, also over a reload.
 */
export function useFilter(): [Filter, (filter: Filter) => void] {
  const me = useChat((state) => state.me);
  const key = `order-chat/filter/${personKey(me)}`;
  const [filter, setFilter] = useState<Filter>(() => (me.role === "admin" ? { ...NO_FILTER, ...storedFilter(tabStorage.getItem(key)) } : NO_FILTER));
  const change = (next: Filter) => {
    setFilter(next);
    if (me.role !== "admin") return;
    const { view, tag, priority, assignee, sorting } = next;
    try {
      tabStorage.setItem(key, JSON.stringify({ view, tag, priority, assignee, sorting }));
    } catch {
      // The storage is full: the filter lasts as long as the page.
    }
  };
  return [filter, change];
}

/** Returns the part of a filter that was stored. What another release has stored is left out. */
export function storedFilter(text: string | null): Partial<Filter> {
  try {
    const stored = JSON.parse(text ?? "{}") as Record<string, unknown> | null;
    const word = (name: string) => (typeof stored?.[name] === "string" ? stored[name] : undefined);
    const [view, priority, tag, assignee] = [word("view"), word("priority"), word("tag"), word("assignee")];
    return {
      ...((VIEWS as readonly (string | undefined)[]).includes(view) && { view: view as View }),
      ...((PRIORITIES as readonly (string | undefined)[]).includes(priority) && { priority: priority as Priority }),
      ...(tag !== undefined && { tag }),
      ...(assignee !== undefined && { assignee }),
      ...(stored?.["sorting"] === "priority" && { sorting: "priority" as const }),
    };
  } catch {
    return {};
  }
}

/** Returns how many filters besides the view are in use. */
export function decidedFilters({ tag, priority, assignee, sorting }: Filter): number {
  return [tag, priority, assignee].filter((value) => value !== undefined).length + (sorting === "activity" ? 0 : 1);
}

/** Returns true if a conversation matches both statuses and contains every word of the search. */
export function matches(entry: ConversationEntry, filter: Pick<Filter, "order" | "conversation" | "words">): boolean {
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
export function matchesStatus({ conversation }: ConversationEntry, { order, conversation: status }: Pick<Filter, "order" | "conversation">): boolean {
  return (order === undefined || conversation.order.status === order) && (status === undefined || conversation.status === status);
}
