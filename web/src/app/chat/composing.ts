import { createContext, useContext } from "react";
import type { PendingMessage } from "../../client/index.ts";
import type { Emoji, Message } from "../../protocol.ts";

/** What the composer is used for. */
export type Composing =
  /** To write a message, which may answer the message with the `seq` `replyTo`. */
  | { readonly kind: "message"; readonly replyTo?: number }
  /** To edit one's own message, which may not be stored yet. `text` is the new text so far. */
  | { readonly kind: "edit"; readonly of: { readonly seq: number } | { readonly clientMessageId: string }; readonly before: string; readonly text: string }
  /** To write a note for the other admins. */
  | { readonly kind: "note" };

/** What a composer is used for at first. */
export const WRITING: Composing = { kind: "message" };

/** Returns a composer's state to edit this message. */
export function editing(message: Message | PendingMessage): Composing {
  const of = "seq" in message ? { seq: message.seq } : { clientMessageId: message.clientMessageId };
  return { kind: "edit", of, before: message.body, text: message.body };
}

/** The time for which a sender may edit a message, in milliseconds. The server checks it too. */
const EDIT_WINDOW = 15 * 60_000;

/** Returns true if its sender may still edit a message. `now` is the server's time. */
export function isEditable({ kind, deleted, createdAt }: Message, now: number): boolean {
  return kind === "text" && deleted === undefined && now - Date.parse(createdAt) < EDIT_WINDOW;
}

/** What a person can do with the messages of a chat. */
export interface MessageActions {
  /** False in a closed conversation. */
  readonly changeable: boolean;
  /** Shows the menu of a message at an element, which gets the focus back. Absent where messages are only read. */
  readonly menu?: (message: Message, at: HTMLElement) => void;
  reply(message: Message): void;
  /** Moves the text of a message that was not sent into the composer. */
  rewrite(message: PendingMessage): void;
  react(message: Message, emoji: Emoji): void;
  /** Scrolls to a message, and loads what lies between if necessary. */
  goTo(seq: number): void;
  /** Returns a message that is shown here, but not held by the client. */
  readonly shown?: (seq: number) => Message | undefined;
}

const nothing = () => undefined;

/** What a person can do where messages are only read: nothing. */
export const READ_ONLY: MessageActions = { changeable: false, reply: nothing, rewrite: nothing, react: nothing, goTo: nothing };

/** The actions of the chat around a bubble. */
export const MessageActionsContext = createContext(READ_ONLY);

/** Returns the actions of the chat around a bubble. */
export function useMessageActions(): MessageActions {
  return useContext(MessageActionsContext);
}
