import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";

/** This close to the newest message counts as being there, in pixels. */
const AT_END = 60;

/** A row that is scrolled to is held for this long while those around it are measured, in milliseconds. */
const SETTLED = 400;

/** How a list was scrolled, in pixels. */
export interface Offset {
  readonly top: number;
  /** Of all rows, as far as they are measured. */
  readonly size: number;
  /** Of the frame. */
  readonly view: number;
}

/** Whether the list stays at the newest message after it was scrolled: not if somebody went up, rather than rows having become smaller. */
export function staysAtEnd(stays: boolean, before: Offset, now: Offset): boolean {
  const wentUp = now.top < before.top - 1 && now.size >= before.size;
  if (stays) return !wentUp;
  return now.top > before.top && isAtEnd(now);
}

/** Whether the newest message is in sight. */
export function isAtEnd({ top, size, view }: Offset): boolean {
  return top + view >= size - AT_END;
}

/** Where the list is, and how to move it. */
export interface Scrolling {
  /** Whether the newest message is in sight. */
  readonly atEnd: boolean;
  /** Goes to the newest message and stays there, whatever is measured or comes meanwhile, until somebody scrolls up. */
  readonly toEnd: () => void;
  /** Goes to a row. */
  readonly toRow: (index: number) => void;
  /** To call after every scrolling. */
  readonly scrolled: () => void;
  /** To call after rows or the frame have another size, or there are other rows. */
  readonly resized: () => void;
}

/** Keeps a list at its end, or at the row that it was sent to, while rows are measured. */
export function useScrolling(frame: RefObject<HTMLElement | null>, list: RefObject<VirtualizerHandle | null>, margin: number): Scrolling {
  const [atEnd, setAtEnd] = useState(true);
  const held = useRef<"end" | number | undefined>(undefined);
  const last = useRef<Offset>({ top: 0, size: 0, view: 0 });
  const settling = useRef<ReturnType<typeof setTimeout>>(undefined);

  const note = useCallback(() => {
    if (frame.current === null) return;
    last.current = offsetOf(frame.current);
    setAtEnd(isAtEnd(last.current));
  }, [frame]);

  const apply = useCallback(() => {
    const [element, handle] = [frame.current, list.current];
    if (element === null || handle === null || held.current === undefined) return;
    element.scrollTop = held.current === "end" ? element.scrollHeight : margin + handle.getItemOffset(held.current);
    note();
  }, [frame, list, margin, note]);

  const hold = useCallback(
    (what: "end" | number) => {
      clearTimeout(settling.current);
      held.current = what;
      apply();
      settling.current = setTimeout(() => {
        if (typeof held.current === "number") held.current = isAtEnd(last.current) ? "end" : undefined;
      }, SETTLED);
    },
    [apply],
  );
  const toEnd = useCallback(() => hold("end"), [hold]);

  const scrolled = useCallback(() => {
    if (frame.current === null) return;
    const [before, now] = [last.current, offsetOf(frame.current)];
    if (typeof held.current !== "number") held.current = staysAtEnd(held.current === "end", before, now) ? "end" : undefined;
    if (held.current === "end" && !isAtEnd(now)) apply();
    note();
  }, [frame, apply, note]);

  const resized = useCallback(() => {
    apply();
    note();
  }, [apply, note]);

  // Whoever scrolls is not held at a row.
  useEffect(() => {
    const element = frame.current;
    const release = () => {
      if (typeof held.current === "number") held.current = undefined;
    };
    const events = ["wheel", "touchstart", "pointerdown", "keydown"] as const;
    for (const name of events) element?.addEventListener(name, release, { passive: true });
    return () => {
      for (const name of events) element?.removeEventListener(name, release);
      clearTimeout(settling.current);
    };
  }, [frame]);
  return { atEnd, toEnd, toRow: hold, scrolled, resized };
}

function offsetOf(element: HTMLElement): Offset {
  return { top: element.scrollTop, size: element.scrollHeight, view: element.clientHeight };
}
