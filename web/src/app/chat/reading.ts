import { type RefObject, useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import { useClient } from "../chat-context.ts";
import { type OnScreen, lastSeen } from "./last-seen.ts";
import { isOpenedByPerson, watchOpened } from "./opened-by-person.ts";

/** Delay between a change on the screen and the check for read messages, in milliseconds. */
const LOOK = 150;

/** The events that show that a person uses a conversation. */
const INPUT = ["pointerdown", "wheel", "touchstart", "keydown"] as const;

/**
 * Marks messages as read once they are visible in a window that has the focus. A conversation that
 * opened by itself counts only after a person has used it. Returns a function that has to be called
 * after every change of what is visible.
 */
export function useReading(id: string, frame: RefObject<HTMLElement | null>): () => void {
  const client = useClient();
  const opened = useSyncExternalStore(watchOpened, isOpenedByPerson);
  const touched = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const look = useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      const list = frame.current;
      if (list === null || !document.hasFocus() || document.visibilityState !== "visible") return;
      if (!touched.current && !isOpenedByPerson()) return;
      const seq = lastSeen(onScreen(list), list.getBoundingClientRect().bottom);
      if (seq !== undefined) client.markRead(id, seq);
    }, LOOK);
  }, [client, id, frame]);

  useEffect(() => {
    const pane = frame.current?.closest(".chat-pane");
    const touch = () => {
      touched.current = true;
      look();
    };
    // Focus that is set by the page, for example when the composer appears, comes from no other
    // element.
    const focused = (event: Event) => {
      if (event instanceof FocusEvent && event.relatedTarget !== null) touch();
    };
    for (const name of INPUT) pane?.addEventListener(name, touch, { passive: true });
    pane?.addEventListener("focusin", focused);
    addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      for (const name of INPUT) pane?.removeEventListener(name, touch);
      pane?.removeEventListener("focusin", focused);
      removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, [frame, look]);
  useEffect(look, [opened, look]);
  return look;
}

function onScreen(list: HTMLElement): OnScreen[] {
  return [...list.querySelectorAll<HTMLElement>("[data-seq]")].flatMap((entry) => {
    // Rows that are not measured yet are hidden, and their position is not final.
    if (!entry.checkVisibility({ visibilityProperty: true })) return [];
    return [{ seq: Number(entry.dataset["seq"]), bottom: entry.getBoundingClientRect().bottom }];
  });
}
