import { type RefObject, useEffect, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import type { ConversationEntry } from "../../client/index.ts";
import type { ConversationId } from "../../protocol.ts";
import { useLatest } from "../chat-context.ts";
import { chatPath, useOpenChat } from "../navigation.ts";
import { isShortcut } from "../shortcuts.ts";
import type { Selecting } from "./select.ts";

/** So many frames are waited for a row that the virtualized list has to mount first. */
const MOST_FRAMES = 30;

/** What the keys of the list work on. */
interface ListKeys {
  readonly pane: RefObject<HTMLElement | null>;
  readonly rows: RefObject<VirtualizerHandle | null>;
  readonly entries: readonly ConversationEntry[];
  readonly openId: ConversationId | undefined;
  readonly selecting: Selecting;
  readonly enabled: boolean;
}

/**
 * Handles the shortcuts of the list. Letters work everywhere on the page, arrow keys and Enter only in
 * the list. Returns whether the list of all shortcuts is shown, and a function to show or hide it.
 */
export function useListKeys(list: ListKeys): [boolean, (helping: boolean) => void] {
  const [helping, setHelping] = useState(false);
  const latest = useLatest(list);
  const open = useOpenChat();
  const { enabled } = list;
  useEffect(() => {
    if (!enabled) return;
    const pressed = (event: KeyboardEvent) => {
      if (!isShortcut(event)) return;
      const { pane, rows, entries, openId, selecting } = latest.current;
      const ids = entries.map(({ conversation }) => conversation.id);
      const focused = ids.findIndex((id) => id === focusedRow(pane.current));
      const current = focused === -1 ? ids.indexOf(openId ?? "") : focused;
      const isInList = event.target instanceof Element && event.target.closest(".list") !== null;
      const act = (action: () => void) => {
        event.preventDefault();
        action();
      };
      const go = (to: number) => {
        const index = Math.max(0, Math.min(ids.length - 1, to));
        const id = ids[index];
        if (id !== undefined) focusRow(pane.current, rows.current, index, id);
        return id;
      };
      const step = event.key === "j" || (isInList && event.key === "ArrowDown") ? 1 : event.key === "k" || (isInList && event.key === "ArrowUp") ? -1 : 0;
      const extends_ = event.shiftKey && event.key.startsWith("Arrow");
      if (step !== 0 && (!event.shiftKey || extends_)) {
        act(() => {
          const from = ids[current];
          const to = go(current + step);
          if (!extends_ || to === undefined) return;
          if (from !== undefined && !selecting.ids.has(from)) selecting.toggle(from);
          selecting.extend(to);
        });
      } else if (event.key === "o" && focused !== -1) act(() => open(ids[focused] ?? ""));
      else if (event.key === "x" && current !== -1) act(() => selecting.toggle(ids[current] ?? ""));
      else if (event.key === "Escape" && (selecting.ids.size > 0 || selecting.mode)) act(selecting.clear);
      else if (event.key === "/") act(() => pane.current?.querySelector<HTMLElement>("input[type=search]")?.focus());
      else if (event.key === "?") act(() => setHelping(true));
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [enabled, latest, open]);
  return [helping, setHelping];
}

/** Returns the conversation of the row that has the focus, or whose check box has it. */
function focusedRow(pane: HTMLElement | null): ConversationId | undefined {
  const link = document.activeElement?.closest(".row, .row-box");
  const row = link?.matches(".row") === true ? link : link?.querySelector(".row");
  const path = row?.getAttribute("href");
  if (row === null || row === undefined || path === null || path === undefined || pane?.contains(row) !== true) return undefined;
  return decodeURIComponent(path.slice(chatPath("").length));
}

/** Moves the focus to a row, which may have to be mounted first. */
function focusRow(pane: HTMLElement | null, rows: VirtualizerHandle | null, index: number, id: ConversationId): void {
  rows?.scrollToIndex(index, { align: "nearest" });
  const path = chatPath(id);
  let frames = 0;
  const focus = () => {
    const row = [...(pane?.querySelectorAll<HTMLElement>("a.row") ?? [])].find((each) => each.getAttribute("href") === path);
    row?.focus({ preventScroll: true });
    frames += 1;
    if (row === undefined && frames < MOST_FRAMES) requestAnimationFrame(focus);
  };
  focus();
}
