import type { PendingMessage } from "../../client/index.ts";
import type { Message } from "../../protocol.ts";
import { sameDay } from "../format.ts";
import type { UnreadLine } from "./unread-line.ts";

/** A row of the chat: a stored message or one from the outbox. */
export interface Row {
  readonly key: string;
  readonly message?: Message;
  readonly unsent?: PendingMessage;
  /** The time of the message if it is the first of its day, else undefined. */
  readonly day: string | number | undefined;
  /** True if the previous message is from the same person and only shortly before. */
  readonly follows: boolean;
  /** The number of new messages, if the unread line is shown above this row. */
  readonly line?: number;
}

/** The position of the rows in the whole conversation. */
export interface ListPosition {
  /** The position of the first row, starting at 1. */
  readonly first: number;
  /**
   * The number of rows of the whole conversation. Undefined while messages are missing in between.
   */
  readonly total: number | undefined;
}

/** Messages of one person within this time form a group, in milliseconds. */
const GROUP_TIME = 3 * 60_000;

/**
 * Caches the row of each message together with the previous message, so that a new message does not
 * create all rows again.
 */
const cachedRows = new WeakMap<Message, { row: Row; before: Message | undefined }>();

/**
 * Returns the rows of a chat: stored messages ordered by `seq`, then the outbox in the order of
 * writing.
 */
export function rowsOf(messages: readonly Message[], outbox: readonly PendingMessage[]): readonly Row[] {
  const rows = messages.map((message, index) => rowOf(message, messages[index - 1]));
  const last = messages.at(-1);
  outbox.forEach((unsent, index) => {
    const before = index === 0 ? last?.createdAt : outbox[index - 1]?.writtenAt;
    const day = before === undefined || !sameDay(before, unsent.writtenAt) ? unsent.writtenAt : undefined;
    rows.push({ key: unsent.clientMessageId, unsent, day, follows: index > 0 && day === undefined });
  });
  return rows;
}

/** Adds the unread line to the first unread message. Only that row becomes a new object. */
export function withUnreadLine(rows: readonly Row[], line: UnreadLine | undefined): readonly Row[] {
  if (line === undefined) return rows;
  return rows.map((row) => (row.message?.seq === line.seq ? { ...row, line: line.count, follows: false } : row));
}

/** Returns the position of these messages and of `unsent` outbox messages in the conversation. */
export function positionOf(messages: readonly Message[], unsent: number): ListPosition {
  const [first, last] = [messages[0]?.seq ?? 1, messages.at(-1)?.seq ?? 0];
  const gapless = last - first + 1 === messages.length;
  return { first, total: gapless ? last + unsent : undefined };
}

function rowOf(message: Message, before: Message | undefined): Row {
  const cached = cachedRows.get(message);
  if (cached !== undefined && cached.before === before) return cached.row;
  const day = before === undefined || !sameDay(before.createdAt, message.createdAt) ? message.createdAt : undefined;
  const together =
    before !== undefined &&
    before.kind === "text" &&
    message.kind === "text" &&
    before.sender.userId === message.sender.userId &&
    before.sender.role === message.sender.role &&
    Date.parse(message.createdAt) - Date.parse(before.createdAt) < GROUP_TIME;
  const row: Row = { key: keyOf(message), message, day, follows: day === undefined && together };
  cachedRows.set(message, { row, before });
  return row;
}

/**
 * The key stays the same when a message from the outbox is stored, so that its bubble is not
 * created again.
 */
function keyOf(message: Message): string {
  return message.clientMessageId ?? message.id;
}
