import type { ConversationId } from "../protocol.ts";
import type { State } from "../client/index.ts";

/** The highest exact number that is shown. */
const MAX_EXACT = 99;

/** The number of unread messages. */
export interface Unread {
  /** The sum over the conversations that the client holds. */
  readonly count: number;
  /** True if the client does not hold all conversations, so that there can be more. */
  readonly more: boolean;
}

/** Sums the unread messages of all conversations that the client holds, without `except`. */
export function unreadOf(state: Pick<State, "conversations" | "olderCursor" | "truncated">, except?: ConversationId): Unread {
  let count = 0;
  for (const [id, entry] of state.conversations) if (id !== except) count += entry.unread;
  return { count, more: state.olderCursor !== undefined || state.truncated };
}

/** Formats an unread count: `3`, `49+` if there can be more, `99+` above 99, empty for 0. */
export function unreadText({ count, more }: Unread): string {
  if (count === 0) return "";
  if (count > MAX_EXACT) return `${MAX_EXACT}+`;
  return more ? `${count}+` : String(count);
}
