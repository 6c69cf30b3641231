import { useMemo } from "react";
import { EMPTY_TIMELINE, type PendingMessage, type PendingNote, withPendingChanges, withPendingEdits } from "../../client/index.ts";
import type { ConversationId, DeskEntry } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import type { Shown } from "./rows.ts";

/** Returns the loaded part of the conversation, as the person should see it. */
export function useShown(id: ConversationId): Shown {
  const { messages, changes, hasOlder } = useChat((state) => state.timelines.get(id) ?? EMPTY_TIMELINE);
  const pending = useChat((state) => state.pendingChanges);
  const desk = useChat((state) => state.desks.get(id) ?? NO_DESK);
  const me = useChat((state) => state.me);
  return useMemo(() => {
    const mine = pending.filter(({ conversationId }) => conversationId === id);
    const changed = mine.length === 0 ? messages : messages.map((message) => withPendingChanges(message, mine, me));
    return { messages: changed, changes, desk, hasOlder };
  }, [id, messages, changes, hasOlder, pending, desk, me]);
}

const NO_DESK: readonly DeskEntry[] = [];

/** Returns the messages and notes that are not stored yet, in the order of writing. */
export function useUnsent(id: ConversationId): readonly (PendingMessage | PendingNote)[] {
  const outbox = useChat((state) => state.outbox);
  const changes = useChat((state) => state.pendingChanges);
  const notes = useChat((state) => state.pendingNotes);
  return useMemo(() => {
    const messages = outbox.map((message) => withPendingEdits(message, changes));
    const unsent = [...messages, ...notes].filter(({ conversationId }) => conversationId === id);
    return unsent.sort((one, other) => one.writtenAt - other.writtenAt);
  }, [outbox, changes, notes, id]);
}
