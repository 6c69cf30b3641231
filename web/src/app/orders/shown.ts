import { useMemo } from "react";
import { type ConversationEntry, byActivity, shownDesk, sorted } from "../../client/index.ts";
import type { Conversation, Desk } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { useMinute } from "../now.ts";
import { type Filter, matches, matchesStatus } from "./filter.ts";
import { withFound } from "./search.ts";
import { byPriority, matchesDesk } from "./views.ts";

/** The list as the filter shows it. */
export interface Shown {
  /** The entries that match. */
  readonly entries: readonly ConversationEntry[];
  /** The conversation with the latest activity, matching or not. */
  readonly newest: ConversationEntry | undefined;
  /** Returns the desk of a conversation with what this admin has just decided. Undefined for a customer. */
  readonly deskOf: (conversation: Conversation) => Desk | undefined;
}

/**
 * Returns the held conversations that match, those of the filtered `pages` that are not held, and those
 * that the server has `found` by a search.
 */
export function useShown(filter: Filter, pages: readonly Conversation[], found: readonly Conversation[]): Shown {
  const conversations = useChat((state) => state.conversations);
  const pending = useChat((state) => state.pendingDecisions);
  const me = useChat((state) => state.me);
  const offset = useChat((state) => state.clockOffset);
  const minute = useMinute();
  const all = useMemo(() => sorted(conversations), [conversations]);
  const more = useMemo(() => withFound(conversations, [], pages).filter(({ conversation }) => !conversations.has(conversation.id)), [conversations, pages]);
  const deskOf = useMemo(() => (conversation: Conversation) => shownDesk(conversation, pending), [pending]);
  const entries = useMemo(() => {
    const now = new Date(minute + offset).toISOString();
    const isDecided = ({ conversation }: ConversationEntry) => me.role !== "admin" || matchesDesk(filter, conversation, deskOf(conversation), me, now);
    const matching = [...all, ...more].filter((entry) => matches(entry, filter) && isDecided(entry));
    const searched = withFound(conversations, matching, found).filter((entry) => matchesStatus(entry, filter) && isDecided(entry));
    const listed = more.length + found.length === 0 ? matching : [...searched].sort(byActivity);
    return filter.sorting === "priority" ? [...listed].sort((one, other) => byPriority(deskOf(one.conversation), deskOf(other.conversation))) : listed;
  }, [all, conversations, deskOf, filter, found, me, minute, more, offset]);
  return { entries, newest: all[0], deskOf };
}
