import type { Change, Conversation, Desk, DeskEntry, Message } from "../protocol.ts";

/** How far the desk of a conversation is known. Only admins have one. */
export interface DeskVersion {
  /** The `deskSeq` as of which assignee, priority, tags and snooze are known. */
  readonly deskSeq: number;
  /**
   * The highest known `seq` that ends an earlier snooze: a text of the customer, or the conversation's
   * archiving or closing.
   */
  readonly wokenSeq: number;
  /**
   * What has to be fetched again. `clocks`: those of the SLA, because one has begun. `decisions`: all
   * of the desk, because an event was lost.
   */
  readonly missing: "clocks" | "decisions" | undefined;
}

/** A conversation with how far its desk is known. */
interface WithDesk {
  readonly conversation: Conversation;
  readonly deskVersion?: DeskVersion;
}

/** The desk of a conversation about which nobody has decided anything. */
export const EMPTY_DESK: Desk = { priority: "none", tags: [], sla: [] };

const INITIAL: DeskVersion = { deskSeq: 0, wokenSeq: 0, missing: undefined };

/** Entries that do not change the clocks of the SLA. */
const WITHOUT_CLOCKS: readonly string[] = ["note", "assigned", "tagged"] satisfies readonly DeskEntry["type"][];

/** Returns the entry of a new conversation, which an event has brought without its desk. */
export function withNewDesk<Entry extends WithDesk>(entry: Entry): Entry {
  const conversation = { ...entry.conversation, desk: EMPTY_DESK };
  return { ...entry, conversation, deskVersion: { ...INITIAL, missing: "clocks" } };
}

/**
 * Returns the entry with the newer parts of two desks: that of the entry, which is as of `lastSeq`,
 * and that of an answer of the server. The higher `deskSeq` is newer in what was decided. The clocks
 * also follow from messages.
 */
export function withAnsweredDesk<Entry extends WithDesk>(entry: Entry, lastSeq: number, answer: Conversation): Entry {
  const { desk: answered, deskSeq, lastSeq: answeredSeq } = answer;
  if (answered === undefined || deskSeq === undefined) return normal(entry);
  const { conversation, deskVersion: version } = entry;
  const isBehind = answeredSeq < conversation.lastSeq ? "clocks" : undefined;
  const missing = deskSeq < (conversation.deskSeq ?? 0) ? "decisions" : isBehind;
  if (conversation.desk === undefined || version === undefined) return withDesk(entry, answered, { ...INITIAL, deskSeq, missing });
  if (deskSeq >= version.deskSeq && answeredSeq >= lastSeq) return withDesk(entry, answered, { ...version, deskSeq, missing });
  if (deskSeq > version.deskSeq) return withDesk(entry, withClocks(answered, conversation.desk), { ...version, deskSeq, missing: missing ?? "clocks" });
  if (answeredSeq > lastSeq) return withDesk(entry, conversation.desk, { ...version, missing: version.missing ?? "clocks" });
  return normal(entry);
}

/**
 * Returns the entry with the desk of an event, or of the answer to a decision. `cause` is the entry
 * of the shop's log.
 */
export function withPushedDesk<Entry extends WithDesk>(entry: Entry, desk: Desk, deskSeq: number, cause: DeskEntry | undefined): Entry {
  const { conversation, deskVersion: version } = entry;
  const missing = deskSeq < (conversation.deskSeq ?? 0) ? "decisions" : undefined;
  // The desk is as of the entry at the latest. Messages after it count too.
  const isCurrent = cause !== undefined && cause.afterSeq >= conversation.lastSeq;
  if (conversation.desk === undefined || version === undefined) {
    return withDesk(entry, desk, { ...INITIAL, deskSeq, missing: missing ?? (isCurrent ? undefined : "clocks") });
  }
  if (deskSeq <= version.deskSeq) return entry;
  if (isCurrent) return withDesk(entry, desk, { ...version, deskSeq, missing });
  const keepsClocks = cause !== undefined && deskSeq === version.deskSeq + 1 && WITHOUT_CLOCKS.includes(cause.type);
  const clocks = version.missing === undefined && keepsClocks ? undefined : "clocks";
  return withDesk(entry, withClocks(desk, conversation.desk), { ...version, deskSeq, missing: missing ?? clocks });
}

/** Returns the entry after the number of entries of the shop's log was learned. */
export function withDeskSeq<Entry extends WithDesk>(entry: Entry, deskSeq: number): Entry {
  const { conversation, deskVersion: version } = entry;
  if ((conversation.deskSeq ?? 0) >= deskSeq) return entry;
  const next = { ...entry, conversation: { ...conversation, deskSeq } };
  return version === undefined || version.deskSeq >= deskSeq ? next : { ...next, deskVersion: { ...version, missing: "decisions" } };
}

/** Returns the entry after a message that the desk does not contain yet. `woke` is true if it has woken the conversation. */
export function withMessageOnDesk<Entry extends WithDesk>(entry: Entry, message: Message, woke: boolean): Entry {
  const { conversation: { desk, status }, deskVersion: version } = entry;
  if (desk === undefined || version === undefined) return entry;
  if (message.system?.type === "status_changed") {
    const isFinal = message.system.to === "completed" || message.system.to === "cancelled";
    const sla = desk.sla.filter(({ kind }) => kind !== "resolution");
    return isFinal && sla.length < desk.sla.length ? withDesk(entry, { ...desk, sla }, version) : entry;
  }
  if (message.kind !== "text" || status !== "active") return entry;
  const clocks = woke ? "clocks" : undefined;
  if (message.sender.role !== "customer") {
    const { waitingSince: _, ...answered } = desk;
    const sla = desk.sla.filter(({ kind }) => kind === "resolution");
    return withDesk(entry, { ...answered, sla }, { ...version, missing: version.missing ?? clocks });
  }
  const ends = desk.snooze !== undefined && message.seq > desk.snooze.afterSeq;
  const begins = desk.waitingSince === undefined;
  const waiting = { ...desk, waitingSince: desk.waitingSince ?? message.createdAt };
  return withDesk(entry, waiting, { ...version, missing: version.missing ?? (begins || ends ? "clocks" : clocks) });
}

/** Returns the entry after any text of the customer, which ends an earlier snooze also if it comes late. */
export function withCustomersText<Entry extends WithDesk>(entry: Entry, { seq, kind, sender }: Message): Entry {
  return kind === "text" && sender.role === "customer" ? woken(entry, seq) : entry;
}

/** Returns the entry after a change that the desk does not contain yet. */
export function withChangeOnDesk<Entry extends WithDesk>(entry: Entry, change: Change): Entry {
  const { conversation: { desk }, deskVersion: version } = entry;
  if (change.type !== "status" || desk === undefined || version === undefined) return entry;
  if (change.to !== "active") return woken(entry, change.seq);
  return change.from === "active" ? entry : withDesk(entry, desk, { ...version, missing: version.missing ?? "clocks" });
}

function woken<Entry extends WithDesk>(entry: Entry, seq: number): Entry {
  const { conversation: { desk }, deskVersion: version } = entry;
  if (desk === undefined || version === undefined || version.wokenSeq >= seq) return normal(entry);
  return withDesk(entry, desk, { ...version, wokenSeq: seq });
}

function withDesk<Entry extends WithDesk>(entry: Entry, { sla, ...others }: Desk, deskVersion: DeskVersion): Entry {
  // A server that does not know the SLA sends no clocks.
  const desk = { ...others, sla: sla ?? [] };
  return normal({ ...entry, conversation: { ...entry.conversation, desk }, deskVersion });
}

/**
 * Returns the entry without what has ended: the snooze after a text of the customer, and the snooze and
 * the clocks of a conversation that is not active.
 */
function normal<Entry extends WithDesk>(entry: Entry): Entry {
  const { conversation, deskVersion: version } = entry;
  const { desk, status } = conversation;
  if (desk === undefined || version === undefined) return entry;
  const { snooze, waitingSince, ...others } = desk;
  if (status !== "active") {
    if (snooze === undefined && waitingSince === undefined && desk.sla.length === 0) return entry;
    return { ...entry, conversation: { ...conversation, desk: { ...others, sla: [] } } };
  }
  if (snooze === undefined || version.wokenSeq <= snooze.afterSeq) return entry;
  return { ...entry, conversation: { ...conversation, desk: { ...others, ...(waitingSince !== undefined && { waitingSince }) } } };
}

/** Returns what was decided in one desk, with the clocks of another. */
function withClocks({ waitingSince: _, sla: __, ...decided }: Desk, { waitingSince, sla }: Desk): Desk {
  return { ...decided, sla, ...(waitingSince !== undefined && { waitingSince }) };
}
