import type { ConversationId } from "../../protocol.ts";

/** The conversations that were selected in the list. */
export interface Selection {
  readonly ids: ReadonlySet<ConversationId>;
  /** Where a range begins: the one that was selected last. */
  readonly anchor: ConversationId | undefined;
}

/** The most conversations of a selection. */
export const MOST_SELECTED = 1_000;

/** Nothing is selected. */
export const NONE_SELECTED: Selection = { ids: new Set(), anchor: undefined };

/** Returns the selection with one conversation more or less. */
export function toggled({ ids }: Selection, id: ConversationId): Selection {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { ids: next, anchor: id };
}

/**
 * Returns the selection with all conversations from its anchor to this one, in the order of the list.
 * Without an anchor in the list it is only this one.
 */
export function extended({ ids, anchor }: Selection, id: ConversationId, listed: readonly ConversationId[]): Selection {
  const [from, to] = [anchor === undefined ? -1 : listed.indexOf(anchor), listed.indexOf(id)];
  if (to === -1) return { ids, anchor };
  if (from === -1) return { ids: new Set([...ids, id]), anchor: id };
  const range = listed.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { ids: new Set([...ids, ...range]), anchor };
}

/** Returns the selection with these conversations, up to the maximum. */
export function withAll({ ids, anchor }: Selection, more: readonly ConversationId[]): Selection {
  return { ids: new Set([...ids, ...more].slice(0, MOST_SELECTED)), anchor };
}

/**
 * Returns the selection without the conversations that have left the list, for example because a
 * colleague has taken them. It is the same object if there are none.
 */
export function without(selection: Selection, hasLeft: (id: ConversationId) => boolean): Selection {
  const ids = [...selection.ids].filter((id) => !hasLeft(id));
  return ids.length === selection.ids.size ? selection : { ...selection, ids: new Set(ids) };
}
