import type { DeskEntry } from "../protocol.ts";

/**
 * The held entries of the shop's log of a conversation, ordered by `deskSeq` without duplicates.
 * There can be gaps until a sync has filled them. Only admins have it.
 */
export type Desk = readonly DeskEntry[];

/** Returns the highest `deskSeq` before the first gap, or 0 if there are no entries. */
export function gaplessDeskSeq(desk: Desk): number {
  const gap = desk.findIndex(({ deskSeq }, index) => deskSeq !== index + 1);
  return gap === -1 ? desk.length : gap;
}

/** Returns the log with these entries added, in any order and possibly held already. */
export function withDeskEntries(desk: Desk, incoming: readonly DeskEntry[]): Desk {
  const known = new Set(desk.map(({ deskSeq }) => deskSeq));
  const fresh = incoming.filter(({ deskSeq }) => !known.has(deskSeq) && known.add(deskSeq));
  return fresh.length === 0 ? desk : [...desk, ...fresh].sort((one, other) => one.deskSeq - other.deskSeq);
}
