import { useCallback, useMemo } from "react";
import { type Decision, shownDesk } from "../../client/index.ts";
import type { Conversation, ConversationId, Desk } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";

/** Returns what the shop decided, with what this admin has just decided. Undefined for a customer. */
export function useDesk(conversation: Conversation): Desk | undefined {
  const pending = useChat((state) => state.pendingDecisions);
  return useMemo(() => shownDesk(conversation, pending), [conversation, pending]);
}

/**
 * Returns the decision that an admin takes care of the conversation. What nobody had is not taken from
 * an admin who was faster.
 */
export function takenBy(userId: string, { assignee }: Desk): Decision {
  return { assign: { to: userId, ...(assignee === undefined && { ifUnassigned: true }) } };
}

/** Returns a function that decides something about the conversation. It shows at once. */
export function useDecide(id: ConversationId): (decision: Decision) => void {
  const client = useClient();
  return useCallback((decision) => client.decide(id, decision), [client, id]);
}
