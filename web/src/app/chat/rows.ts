import type { PendingMessage, PendingNote } from "../../client/index.ts";
import type { Change, DeskEntry, Message } from "../../protocol.ts";
import { sameDay } from "../format.ts";
import type { UnreadLine } from "./unread-line.ts";

/** A change of the conversation's status. */
export type StatusChange = Extract<Change, { type: "status" }>;

/** A note in the shop's log. */
export type Note = Extract<DeskEntry, { type: "note" }>;

/** What the shop decided, in the shop's log. */
export type Decided = Exclude<DeskEntry, Note>;

/** The decisions that have a line. A later release can have more. */
const WITH_LINE: readonly string[] = ["assigned", "tagged", "prioritized", "snoozed", "woken", "settled", "sla_breached"] satisfies readonly Decided["type"][];

/** A row of the chat: one of these is present. */
export interface Row {
  readonly key: string;
  readonly message?: Message;
  readonly status?: StatusChange;
  readonly note?: Note;
  readonly decided?: Decided;
  /** A message from the outbox. */
  readonly unsent?: PendingMessage;
  /** A note that is not stored yet. */
  readonly unsentNote?: PendingNote;
  /** The time of the row if it is the first of its day, else undefined. */
  readonly day: string | number | undefined;
  /** True if the previous message is from the same person and only shortly before. */
  readonly follows: boolean;
  /** The number of new messages, if the unread line is shown above this row. */
  readonly line?: number;
}

/** What a chat shows. */
export interface Shown {
  readonly messages: readonly Message[];
  readonly changes: readonly Change[];
  readonly desk: readonly DeskEntry[];
  /** False if the first entry of the conversation is loaded. */
  readonly hasOlder: boolean;
}

/** The position of the rows in the whole conversation. */
export interface ListPosition {
  /** The position of the first row, starting at 1. */
  readonly first: number;
  /**
   * The number of rows of the whole conversation. Undefined while messages are missing in between,
   * or if it is not known how many of the older entries have a row.
   */
  readonly total: number | undefined;
}

/** Messages of one person within this time form a group, in milliseconds. */
const GROUP_TIME = 3 * 60_000;

/** An entry that has a row. */
type Entry = Message | StatusChange | Note | Decided;

/**
 * Caches the row of each entry together with the previous entry, so that a new message does not
 * create all rows again.
 */
const cachedRows = new WeakMap<Entry, { row: Row; before: Entry | undefined }>();

/**
 * Returns the rows of a chat: messages and status changes ordered by `seq` with the shop's log after
 * the entries that it follows, then what is not stored yet in the order of writing.
 */
export function rowsOf(shown: Shown, unsent: readonly (PendingMessage | PendingNote)[]): readonly Row[] {
  const entries = entriesOf(shown);
  const rows = entries.map((entry, index) => rowOf(entry, entries[index - 1]));
  const last = entries.at(-1);
  unsent.forEach((each, index) => {
    const before = index === 0 ? last?.createdAt : unsent[index - 1]?.writtenAt;
    const day = before === undefined || !sameDay(before, each.writtenAt) ? each.writtenAt : undefined;
    const follows = index > 0 && day === undefined;
    rows.push("note" in each ? { key: each.changeId, unsentNote: each, day, follows } : { key: each.clientMessageId, unsent: each, day, follows });
  });
  return rows;
}

/** Adds the unread line to the first unread message. Only that row becomes a new object. */
export function withUnreadLine(rows: readonly Row[], line: UnreadLine | undefined): readonly Row[] {
  if (line === undefined) return rows;
  return rows.map((row) => (row.message?.seq === line.seq ? { ...row, line: line.count, follows: false } : row));
}

/** Returns the position of the rows in the conversation. `unsent` of them are not stored yet. */
export function positionOf({ messages, changes, hasOlder }: Shown, rows: number, unsent: number): ListPosition {
  const [first, last] = [Math.min(messages[0]?.seq ?? 1, changes[0]?.seq ?? Infinity), Math.max(messages.at(-1)?.seq ?? 0, changes.at(-1)?.seq ?? 0)];
  const entries = last - first + 1;
  const gapless = entries === messages.length + changes.length;
  if (!hasOlder) return { first: 1, total: gapless ? rows : undefined };
  return { first, total: gapless && entries === rows - unsent ? last + unsent : undefined };
}

function entriesOf({ messages, changes, desk, hasOlder }: Shown): readonly Entry[] {
  const statuses = changes.filter((change) => change.type === "status");
  const oldest = Math.min(messages[0]?.seq ?? Infinity, changes[0]?.seq ?? Infinity);
  const ofShop = desk.filter(({ type, afterSeq }) => (type === "note" || WITH_LINE.includes(type)) && (!hasOlder || afterSeq >= oldest));
  if (statuses.length + ofShop.length === 0) return messages;
  const placed = [
    ...messages.map((entry) => ({ entry, seq: entry.seq, deskSeq: 0 })),
    ...statuses.map((entry) => ({ entry, seq: entry.seq, deskSeq: 0 })),
    ...ofShop.map((entry) => ({ entry, seq: entry.afterSeq, deskSeq: entry.deskSeq })),
  ];
  return placed.sort((one, other) => one.seq - other.seq || one.deskSeq - other.deskSeq).map(({ entry }) => entry);
}

function rowOf(entry: Entry, before: Entry | undefined): Row {
  const cached = cachedRows.get(entry);
  if (cached !== undefined && cached.before === before) return cached.row;
  const day = before === undefined || !sameDay(before.createdAt, entry.createdAt) ? entry.createdAt : undefined;
  const row: Row = { ...contentOf(entry), day, follows: day === undefined && isTogether(before, entry) };
  cachedRows.set(entry, { row, before });
  return row;
}

function isTogether(before: Entry | undefined, entry: Entry): boolean {
  if (before === undefined || !isText(before) || !isText(entry)) return false;
  const isSame = before.sender.userId === entry.sender.userId && before.sender.role === entry.sender.role;
  return isSame && Date.parse(entry.createdAt) - Date.parse(before.createdAt) < GROUP_TIME;
}

function isText(entry: Entry): entry is Message {
  return "kind" in entry && entry.kind === "text";
}

/**
 * The key stays the same when a message or note that was not stored is stored, so that its bubble is
 * not created again.
 */
function contentOf(entry: Entry): Pick<Row, "key" | "message" | "status" | "note" | "decided"> {
  if ("kind" in entry) return { key: entry.clientMessageId ?? entry.id, message: entry };
  if (!("deskSeq" in entry)) return { key: entry.changeId, status: entry };
  return entry.type === "note" ? { key: entry.changeId, note: entry } : { key: entry.changeId, decided: entry };
}
