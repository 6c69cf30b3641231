import type { Change, Code, ConversationId, Desk, DeskEntry, Emoji, Message, Person } from "../protocol.ts";
import type { PendingDecision } from "./decisions.ts";
import { isSamePerson } from "./person.ts";

/**
 * Something that is stored locally and not acknowledged yet. Every attempt sends the same id and the
 * same position.
 */
export interface Waiting {
  readonly conversationId: ConversationId;
  /**
   * `false` until the first attempt. Only until then can the position change. Absent in messages
   * that an older release stored.
   */
  readonly tried?: boolean;
  /** The time of writing by the device's clock, in milliseconds since 1970. */
  readonly writtenAt: number;
  /** Why it has failed. Absent while it can still be sent. */
  readonly failed?: Failure;
}

/** Why the server did not take something. */
export interface Failure {
  readonly code?: Code;
  readonly reason: string;
  /** With `overtaken`: the name of the admin who has answered meanwhile. */
  readonly by?: string;
}

/** A message that is not acknowledged yet. */
export interface PendingMessage extends Waiting {
  readonly clientMessageId: string;
  readonly body: string;
  /** The `seq` of the message that this one answers. */
  readonly replyTo?: number;
  /**
   * The `seq` up to which the conversation was held without a gap, at the latest at the first
   * attempt. Absent if nothing was held.
   */
  readonly seenSeq?: number | undefined;
  /**
   * True if the message is refused after another admin's answer, false if the person has decided to
   * send it anyway. Absent until the first attempt, and in a customer's messages.
   */
  readonly expectLast?: boolean;
}

/** What is done to a message. */
export type MessageChange =
  | { readonly edit: { readonly body: string } }
  | { readonly delete: Record<string, never> }
  | { readonly react: { readonly emoji: Emoji; readonly on: boolean } };

/** A change of a message that is not acknowledged yet. */
export interface PendingChange extends Waiting {
  readonly changeId: string;
  /** The `seq` of the message. Absent while the message itself is not acknowledged. */
  readonly seq?: number;
  /** The `clientMessageId` of a message that was not acknowledged when the change was made. */
  readonly of?: string;
  readonly change: MessageChange;
  /** As in {@link PendingMessage}. */
  readonly seenSeq?: number | undefined;
}

/** A note that is not acknowledged yet. */
export interface PendingNote extends Waiting {
  readonly changeId: string;
  readonly note: { readonly body: string };
  /** The `deskSeq` up to which the shop's log was held without a gap, at the first attempt. */
  readonly seenDeskSeq?: number | undefined;
}

/** A message, a change, a note or a decision that is not acknowledged yet. */
export type Pending = PendingMessage | PendingChange | PendingNote | PendingDecision;

/** What the server has stored for something that was pending. */
export type Stored = { readonly message: Message } | { readonly message: Message; readonly change: Change } | StoredOnDesk;

/** What the shop's log has after a note or a decision. */
export interface StoredOnDesk {
  readonly conversationId: ConversationId;
  /** Absent if all was as it was asked for. */
  readonly entry?: DeskEntry;
  /** Absent from a server that knows only notes. */
  readonly desk?: Desk;
  readonly deskSeq?: number;
}

/** Returns the id that identifies it in every attempt. */
export function idOf(pending: Pending): string {
  return isMessage(pending) ? pending.clientMessageId : pending.changeId;
}

/** Returns true if it is a message. */
export function isMessage(pending: Pending): pending is PendingMessage {
  return "clientMessageId" in pending;
}

/** Returns true if it is a change of a message. */
export function isChange(pending: Pending): pending is PendingChange {
  return "change" in pending;
}

/** Returns true if it is a note. */
export function isNote(pending: Pending): pending is PendingNote {
  return "note" in pending;
}

/** Returns true if it is a decision about a conversation. */
export function isDecision(pending: Pending): pending is PendingDecision {
  return "decision" in pending;
}

/** Returns true if it is a change of this message, stored or not. */
export function isChangeOf(pending: Pending, message: { seq?: number | undefined; clientMessageId?: string | undefined }): pending is PendingChange {
  if (!isChange(pending)) return false;
  if (pending.seq !== undefined) return pending.seq === message.seq;
  return pending.of !== undefined && pending.of === message.clientMessageId;
}

/**
 * Returns the message as its author of `changes` should see it: with those that are not acknowledged
 * yet. Failed ones are left out.
 */
export function withPendingChanges(message: Message, changes: readonly PendingChange[], me: Person): Message {
  return changes.reduce((sofar, pending) => {
    const isMine = isChangeOf(pending, isSamePerson(message.sender, me) ? message : { seq: message.seq });
    return isMine && pending.failed === undefined ? changed(sofar, pending, me) : sofar;
  }, message);
}

/** Returns a message that is not acknowledged yet with the edits that wait for it. */
export function withPendingEdits(message: PendingMessage, changes: readonly PendingChange[]): PendingMessage {
  return changes.reduce((sofar, pending) => {
    if (pending.failed !== undefined || !isChangeOf(pending, message) || !("edit" in pending.change)) return sofar;
    return { ...sofar, body: pending.change.edit.body };
  }, message);
}

function changed(message: Message, { change, writtenAt }: PendingChange, me: Person): Message {
  if (message.deleted !== undefined) return message;
  const at = new Date(writtenAt).toISOString();
  if ("edit" in change) return { ...message, body: change.edit.body, editedAt: at };
  const { reactions = [], ...others } = message;
  if ("delete" in change) return { ...others, body: "", deleted: { by: me, at } };
  return { ...others, ...reacted(reactions, change.react, me) };
}

function reacted(held: NonNullable<Message["reactions"]>, { emoji, on }: { emoji: Emoji; on: boolean }, me: Person): Pick<Message, "reactions"> {
  const known = held.some((reaction) => reaction.emoji === emoji);
  const all = known || !on ? held : [...held, { emoji, by: [] }];
  const reactions = all
    .map((reaction) => {
      if (reaction.emoji !== emoji) return reaction;
      const by = reaction.by.filter((person) => !isSamePerson(person, me));
      return { emoji, by: on ? [...by, me] : by };
    })
    .filter(({ by }) => by.length > 0);
  return reactions.length === 0 ? {} : { reactions };
}
