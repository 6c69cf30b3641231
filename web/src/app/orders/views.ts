import type { ListFilter } from "../../client/index.ts";
import type { Conversation, Desk, Person, Priority, TagId, Time } from "../../protocol.ts";

/** The views of an admin's list. */
export const VIEWS = ["mine", "unassigned", "all", "snoozed"] as const;

/** One of the views: what the admin takes care of, what nobody does, everything, or what was put off. */
export type View = (typeof VIEWS)[number];

/** The priorities, the most urgent first. */
export const PRIORITIES: readonly Priority[] = ["urgent", "high", "medium", "low", "none"];

/** Which part of what the shop decided the list shows. */
export interface DeskFilter {
  readonly view: View;
  readonly tag: TagId | undefined;
  readonly priority: Priority | undefined;
  /** The user id of an admin, or `none`. Only in the view of everything. */
  readonly assignee: string | undefined;
}

/** Everything. */
export const NO_DESK_FILTER: DeskFilter = { view: "all", tag: undefined, priority: undefined, assignee: undefined };

/** Returns true if it is snoozed at this time. The end of a snooze is recorded within a minute. */
export function isSnoozed({ snooze }: Pick<Desk, "snooze">, now: Time): boolean {
  return snooze !== undefined && (snooze.until === undefined || snooze.until > now);
}

/** Returns the whom a filter asks for: a user id, `none`, or undefined for all. */
function assigneeOf({ view, assignee }: DeskFilter, me: Pick<Person, "userId">): string | undefined {
  if (view === "mine") return me.userId;
  if (view === "unassigned") return "none";
  return view === "all" ? assignee : undefined;
}

/**
 * Returns the filter of a request for these conversations. Undefined if all are asked for: then the
 * list itself is paged through.
 */
export function listFilter(filter: DeskFilter, me: Pick<Person, "userId">, status: Conversation["status"] | undefined): ListFilter | undefined {
  const { tag, priority, view } = filter;
  const asked: ListFilter = { assignee: assigneeOf(filter, me), snoozed: view === "snoozed" ? true : undefined, tag, priority, status };
  return Object.values(asked).every((value) => value === undefined) ? undefined : asked;
}

/** Returns true if the list shows a conversation with this desk, as the server's filter would. */
export function matchesDesk(filter: DeskFilter, { status }: Pick<Conversation, "status">, desk: Desk | undefined, me: Pick<Person, "userId">, now: Time): boolean {
  const { tag, priority, view } = filter;
  if (tag !== undefined && desk?.tags.includes(tag) !== true) return false;
  if (priority !== undefined && (desk?.priority ?? "none") !== priority) return false;
  const snoozed = desk !== undefined && isSnoozed(desk, now);
  if (view === "snoozed") return snoozed && status === "active";
  const assignee = assigneeOf(filter, me);
  return assignee === undefined || (status === "active" && !snoozed && (desk?.assignee ?? "none") === assignee);
}

/** Compares by priority, the most urgent first. A priority of a later release is last. */
export function byPriority(one: Desk | undefined, other: Desk | undefined): number {
  const rank = (desk: Desk | undefined) => {
    const at = PRIORITIES.indexOf(desk?.priority ?? "none");
    return at === -1 ? PRIORITIES.length : at;
  };
  return rank(one) - rank(other);
}
