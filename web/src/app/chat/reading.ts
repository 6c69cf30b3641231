import { type RefObject, useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import { useClient } from "../chat-context.ts";
import { type VisibleMessage, lastVisibleSeq } from "./visible-messages.ts";
import { isOpenedByPerson, watchOpened } from "./opened-by-person.ts";

/** Delay between a change on the screen and the check for read messages, in milliseconds. */
const CHECK_DELAY = 150;

/** The events that show that a person uses a conversation. */
const USER_EVENTS = ["pointerdown", "wheel", "touchstart", "keydown"] as const;

/**
 * Marks messages as read once they are visible in a window that has the focus. A conversation that
 * opened by itself counts only after a person has used it. Returns a function that has to be called
 * after every change of what is visible.
 */
export function useReading(id: string, frame: RefObject<HTMLElement | null>): () => void {
  const client = useClient();
  const opened = useSyncExternalStore(watchOpened, isOpenedByPerson);
  const used = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const checkRead = useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      const list = frame.current;
      if (list === null || !document.hasFocus() || document.visibilityState !== "visible") return;
      if (!used.current && !isOpenedByPerson()) return;
      const seq = lastVisibleSeq(visibleMessages(list), list.getBoundingClientRect().bottom);
      if (seq !== undefined) client.markRead(id, seq);
    }, CHECK_DELAY);
  }, [client, id, frame]);

  useEffect(() => {
    const pane = frame.current?.closest(".chat-pane");
    const markUsed = () => {
      used.current = true;
      checkRead();
    };
    // Focus that is set by the page, for example when the composer appears, comes from no other
    // element.
    const focused = (event: Event) => {
      if (event instanceof FocusEvent && event.relatedTarget !== null) markUsed();
    };
    for (const name of USER_EVENTS) pane?.addEventListener(name, markUsed, { passive: true });
    pane?.addEventListener("focusin", focused);
    addEventListener("focus", checkRead);
    document.addEventListener("visibilitychange", checkRead);
    return () => {
      for (const name of USER_EVENTS) pane?.removeEventListener(name, markUsed);
      pane?.removeEventListener("focusin", focused);
      removeEventListener("focus", checkRead);
      document.removeEventListener("visibilitychange", checkRead);
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, [frame, checkRead]);
  useEffect(checkRead, [opened, checkRead]);
  return checkRead;
}

function visibleMessages(list: HTMLElement): VisibleMessage[] {
  return [...list.querySelectorAll<HTMLElement>("[data-seq]")].flatMap((entry) => {
    // Rows that are not measured yet are hidden, and their position is not final.
    if (!entry.checkVisibility({ visibilityProperty: true })) return [];
    return [{ seq: Number(entry.dataset["seq"]), bottom: entry.getBoundingClientRect().bottom }];
  });
}
