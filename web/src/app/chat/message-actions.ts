import { useMemo } from "react";
import { isSamePerson } from "../../client/index.ts";
import type { Conversation } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";
import type { Composing, MessageActions } from "./composing.ts";

/** Returns what a person can do with the messages of this conversation. */
export function useActionsOf(
  { id, status }: Conversation,
  { onCompose, goTo, onMenu }: { onCompose: (composing: Composing) => void; goTo: (seq: number) => void; onMenu: (menu: { seq: number; at: HTMLElement }) => void },
): MessageActions {
  const client = useClient();
  const changeable = status !== "closed";
  return useMemo(() => {
    return {
      changeable,
      menu: ({ seq }, at) => onMenu({ seq, at }),
      reply: ({ seq }) => onCompose({ kind: "message", replyTo: seq }),
      rewrite: ({ clientMessageId, body, replyTo }) => {
        const draft = client.state.drafts.get(id) ?? "";
        client.setDraft(id, draft.trim() === "" ? body : `${body}\n${draft}`);
        client.discard(clientMessageId);
        onCompose({ kind: "message", ...(replyTo !== undefined && { replyTo }) });
        document.querySelector<HTMLElement>(".composer textarea")?.focus();
      },
      react: (message, emoji) => {
        const { me } = client.state;
        const on = message.reactions?.some((reaction) => reaction.emoji === emoji && reaction.by.some((person) => isSamePerson(person, me))) !== true;
        client.change(id, { seq: message.seq }, { react: { emoji, on } });
      },
      goTo,
    };
  }, [client, id, changeable, onCompose, goTo, onMenu]);
}
