import type { Assign, Conversation, Desk, Prioritize, Settle, SnoozeRequest, TagChange, Wake } from "../protocol.ts";
import type { Waiting } from "./pending.ts";

/** What an admin decides about a conversation. */
export type Decision =
  | { readonly assign: Assign }
  | { readonly tag: TagChange }
  | { readonly prioritize: Prioritize }
  | { readonly snooze: SnoozeRequest }
  | { readonly wake: Wake }
  | { readonly settle: Settle };

/** A decision that is not acknowledged yet. */
export interface PendingDecision extends Waiting {
  readonly changeId: string;
  readonly decision: Decision;
  /** The `deskSeq` up to which the shop's log was held without a gap, at the first attempt. */
  readonly seenDeskSeq?: number | undefined;
}

/** Returns true if a later decision makes an earlier one, that was not sent yet, superfluous. */
export function replaces(later: Decision, earlier: Decision): boolean {
  if ("snooze" in later || "wake" in later) return "snooze" in earlier || "wake" in earlier;
  return ("assign" in later && "assign" in earlier) || ("prioritize" in later && "prioritize" in earlier);
}

/**
 * Returns the desk of a conversation with the decisions that are not acknowledged yet. Failed ones
 * are left out. It is the same object if there are none. Returns undefined for a customer.
 */
export function shownDesk({ id, desk, lastSeq }: Conversation, pending: readonly PendingDecision[]): Desk | undefined {
  if (desk === undefined) return undefined;
  return pending.reduce((sofar, each) => (each.conversationId === id && each.failed === undefined ? decided(sofar, each, lastSeq) : sofar), desk);
}

function decided(desk: Desk, { decision, writtenAt }: PendingDecision, lastSeq: number): Desk {
  const { assignee: _, ...unassigned } = desk;
  const { snooze: __, ...awake } = desk;
  const { waitingSince: ___, ...settled } = desk;
  if ("assign" in decision) return { ...unassigned, ...(decision.assign.to !== undefined && { assignee: decision.assign.to }) };
  if ("prioritize" in decision) return { ...desk, priority: decision.prioritize.to };
  if ("wake" in decision) return awake;
  if ("settle" in decision) return { ...settled, sla: desk.sla.filter(({ kind }) => kind === "resolution") };
  if ("snooze" in decision) {
    const { until } = decision.snooze;
    return { ...desk, snooze: { since: new Date(writtenAt).toISOString(), afterSeq: lastSeq, ...(until !== undefined && { until }) } };
  }
  if (!("tag" in decision)) return desk;
  const { add = [], remove = [] } = decision.tag;
  return { ...desk, tags: [...new Set([...desk.tags, ...add])].filter((tag) => !remove.includes(tag)) };
}
