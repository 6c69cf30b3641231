import type { ConversationId } from "../protocol.ts";
import type { State } from "../client/index.ts";

/** From here on nobody counts. */
const MOST = 99;

/** How many messages are unread. */
export interface Unread {
  /** Those of the conversations that are held here. */
  readonly count: number;
  /** Whether there are conversations that are not held, so that there may be more. */
  readonly more: boolean;
}

/** What is unread in all conversations that are held, but one. */
export function unreadOf(state: Pick<State, "conversations" | "olderCursor" | "truncated">, except?: ConversationId): Unread {
  let count = 0;
  for (const [id, entry] of state.conversations) if (id !== except) count += entry.unread;
  return { count, more: state.olderCursor !== undefined || state.truncated };
}

/** `3`, `49+` if there may be more, `99+`; empty if nothing is known to be unread. Never an exact number that may be wrong. */
export function unreadText({ count, more }: Unread): string {
  if (count === 0) return "";
  if (count > MOST) return `${MOST}+`;
  return more ? `${count}+` : String(count);
}
