import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { ConversationEntry } from "../../client/index.ts";
import type { ConversationId } from "../../protocol.ts";
import { useChat, useLatest } from "../chat-context.ts";
import { NONE_SELECTED, type Selection, extended, toggled, withAll, without } from "./selection.ts";

/** What is selected in the list, and how to change it. */
export interface Selecting {
  readonly ids: ReadonlySet<ConversationId>;
  /** True while every row shows its check box. */
  readonly mode: boolean;
  readonly setMode: (mode: boolean) => void;
  /** True while something is done with what was selected, whatever becomes of the selection. */
  readonly busy: boolean;
  readonly setBusy: (busy: boolean) => void;
  readonly toggle: (id: ConversationId) => void;
  /** Selects everything from the one that was selected last to this one. */
  readonly extend: (id: ConversationId) => void;
  readonly add: (ids: readonly ConversationId[]) => void;
  /** Replaces the selection. */
  readonly replace: (ids: readonly ConversationId[]) => void;
  readonly clear: () => void;
}

/**
 * Holds the selection. Another filter ends it. A held conversation that leaves the list leaves the
 * selection, so nothing is done to what nobody sees. `filter` identifies the filter.
 */
export function useSelecting(entries: readonly ConversationEntry[], filter: unknown): Selecting {
  const [selection, setSelection] = useState<Selection>(NONE_SELECTED);
  const [mode, setMode] = useState(false);
  const [busy, setBusy] = useState(false);
  const conversations = useChat((state) => state.conversations);
  const listed = useMemo(() => entries.map(({ conversation }) => conversation.id), [entries]);
  const latest = useLatest(listed);
  const filtered = useRef(filter);
  useEffect(() => {
    if (filtered.current === filter) return;
    filtered.current = filter;
    setSelection(NONE_SELECTED);
  }, [filter]);
  useEffect(() => {
    const shown = new Set(listed);
    setSelection((held) => (held.ids.size === 0 ? held : without(held, (id) => conversations.has(id) && !shown.has(id))));
  }, [listed, conversations]);
  const toggle = useCallback((id: ConversationId) => setSelection((held) => toggled(held, id)), []);
  const extend = useCallback((id: ConversationId) => setSelection((held) => extended(held, id, latest.current)), [latest]);
  const add = useCallback((ids: readonly ConversationId[]) => setSelection((held) => withAll(held, ids)), []);
  const replace = useCallback((ids: readonly ConversationId[]) => setSelection(withAll(NONE_SELECTED, ids)), []);
  const clear = useCallback(() => {
    setSelection(NONE_SELECTED);
    setMode(false);
  }, []);
  return { ids: selection.ids, mode, setMode, busy, setBusy, toggle, extend, add, replace, clear };
}
