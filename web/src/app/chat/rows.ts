import type { PendingMessage } from "../../client/index.ts";
import type { Message } from "../../protocol.ts";
import { sameDay } from "../format.ts";
import type { UnreadLine } from "./unread-line.ts";

/** A line of the chat: a message, or one on its way. */
export interface Row {
  readonly key: string;
  readonly message?: Message;
  readonly unsent?: PendingMessage;
  /** When it was said, if the day begins with it. */
  readonly day: string | number | undefined;
  /** Whether the one before is of the same person, shortly before. */
  readonly follows: boolean;
  /** How many messages are new from here on, if the line stands before this one. */
  readonly line?: number;
}

/** Where the rows are in the whole conversation. */
export interface Places {
  /** The place of the first row. */
  readonly first: number;
  /** How many there are; undefined while some are missing between those held. */
  readonly total: number | undefined;
}

/** Messages of one person within this time belong together, in milliseconds. */
const TOGETHER = 3 * 60_000;

/** Rows that were made already, with the message that came before: a chat of thousands is not laid out anew for every message. */
const made = new WeakMap<Message, { row: Row; before: Message | undefined }>();

/** The lines of a chat: what is stored in the order of `seq`, then what waits in the order of writing. */
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

/** The rows with the line before the first message that was unread. Only that row is another one. */
export function withLine(rows: readonly Row[], line: UnreadLine | undefined): readonly Row[] {
  if (line === undefined) return rows;
  return rows.map((row) => (row.message?.seq === line.seq ? { ...row, line: line.count, follows: false } : row));
}

/** Where the rows of these messages, and of so many unsent ones, are in the whole conversation. */
export function placesOf(messages: readonly Message[], unsent: number): Places {
  const [first, last] = [messages[0]?.seq ?? 1, messages.at(-1)?.seq ?? 0];
  const gapless = last - first + 1 === messages.length;
  return { first, total: gapless ? last + unsent : undefined };
}

function rowOf(message: Message, before: Message | undefined): Row {
  const known = made.get(message);
  if (known !== undefined && known.before === before) return known.row;
  const day = before === undefined || !sameDay(before.createdAt, message.createdAt) ? message.createdAt : undefined;
  const together =
    before !== undefined &&
    before.kind === "text" &&
    message.kind === "text" &&
    before.sender.userId === message.sender.userId &&
    before.sender.role === message.sender.role &&
    Date.parse(message.createdAt) - Date.parse(before.createdAt) < TOGETHER;
  const row: Row = { key: keyOf(message), message, day, follows: day === undefined && together };
  made.set(message, { row, before });
  return row;
}

/** A message keeps the key that it had on its way, so that its bubble stays the same one. */
function keyOf(message: Message): string {
  return message.clientMessageId ?? message.id;
}
