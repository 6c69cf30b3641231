import { type RefObject, useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import { useClient } from "../chat-context.ts";
import { type OnScreen, lastSeen } from "./last-seen.ts";
import { isOpenedByPerson, watchOpened } from "./opened-by-person.ts";

/** What is on the screen is looked at this long after it has changed, in milliseconds. */
const LOOK = 150;

/** What a person does in a conversation that opened by itself. */
const INPUT = ["pointerdown", "wheel", "touchstart", "keydown"] as const;

/**
 * Marks as read what was on the screen while the window had the focus. A conversation that opened by itself counts only after a person
 * did something in it. Answers a function to call after everything that may have changed what is on the screen.
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
    // A field that takes the focus by itself takes it from nothing.
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
    // What is not measured yet is hidden, and not where it will be.
    if (!entry.checkVisibility({ visibilityProperty: true })) return [];
    return [{ seq: Number(entry.dataset["seq"]), bottom: entry.getBoundingClientRect().bottom }];
  });
}
