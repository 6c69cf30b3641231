import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";

/** The list counts as being at the end within this distance, in pixels. */
const END_DISTANCE = 60;

/**
 * The list stays at a row that it scrolled to for this time, while rows around it are measured, in
 * milliseconds.
 */
const SETTLE_TIME = 400;

/** A row counts as being in its place within this distance, in pixels. Browsers round scroll offsets. */
const IN_PLACE = 2;

/** The scroll state of a list, in pixels. */
export interface Offset {
  readonly top: number;
  /** The height of all rows, as far as they are measured. */
  readonly size: number;
  /** The height of the visible area. */
  readonly view: number;
}

/**
 * Returns true if the list keeps following the newest message after a scroll event. Scrolling up by
 * hand ends that. A scroll because rows became smaller does not.
 */
export function staysAtEnd(stays: boolean, before: Offset, now: Offset): boolean {
  const wentUp = now.top < before.top - 1 && now.size >= before.size;
  if (stays) return !wentUp;
  return now.top > before.top && isAtEnd(now);
}

/** Returns true if the newest message is visible. */
export function isAtEnd({ top, size, view }: Offset): boolean {
  return top + view >= size - END_DISTANCE;
}

/** A row that keeps its place on the screen. */
interface Place {
  readonly index: number;
  /** How far the row's start is below the start of the visible area, in pixels. */
  readonly below: number;
}

/** The state of the scroll anchor, and functions that move it. */
export interface Scrolling {
  /** True if the newest message is visible. */
  readonly atEnd: boolean;
  /** Scrolls to the newest message and follows it until somebody scrolls up. */
  readonly toEnd: () => void;
  /** Scrolls to a row by its index. */
  readonly toRow: (index: number) => void;
  /** Keeps the visible rows in place. Has to be called when rows are added at the start. */
  readonly keepPlace: () => void;
  /** Has to be called after every scroll event. */
  readonly scrolled: () => void;
  /** Has to be called when rows are added, or rows or the visible area change their size. */
  readonly resized: () => void;
}

/** Keeps the scroll anchor, which is the end of the list or a row, while rows are measured. */
export function useScrolling(frame: RefObject<HTMLElement | null>, list: RefObject<VirtualizerHandle | null>, margin: number): Scrolling {
  const [atEnd, setAtEnd] = useState(true);
  const anchor = useRef<"end" | Place | undefined>(undefined);
  const last = useRef<Offset>({ top: 0, size: 0, view: 0 });
  const settling = useRef<ReturnType<typeof setTimeout>>(undefined);

  const updateOffset = useCallback(() => {
    if (frame.current === null) return;
    last.current = offsetOf(frame.current);
    setAtEnd(isAtEnd(last.current));
  }, [frame]);

  const applyAnchor = useCallback(() => {
    const [element, handle] = [frame.current, list.current];
    if (element === null || handle === null || anchor.current === undefined) return;
    element.scrollTop = anchor.current === "end" ? element.scrollHeight : offsetOfPlace(handle, margin, anchor.current);
    updateOffset();
  }, [frame, list, margin, updateOffset]);

  const anchorAt = useCallback(
    (what: "end" | Place) => {
      clearTimeout(settling.current);
      anchor.current = what;
      applyAnchor();
      settling.current = setTimeout(() => {
        if (typeof anchor.current === "object") anchor.current = isAtEnd(last.current) ? "end" : undefined;
      }, SETTLE_TIME);
    },
    [applyAnchor],
  );
  const toEnd = useCallback(() => anchorAt("end"), [anchorAt]);
  const toRow = useCallback((index: number) => anchorAt({ index, below: 0 }), [anchorAt]);

  const keepPlace = useCallback(() => {
    const [element, handle] = [frame.current, list.current];
    if (element === null || handle === null || anchor.current === "end") return;
    // Above the end of the last visible row only rows of known size are visible.
    const index = handle.findItemIndex(element.scrollTop + element.clientHeight) + 1;
    anchorAt({ index, below: margin + handle.getItemOffset(index) - element.scrollTop });
  }, [frame, list, margin, anchorAt]);

  const scrolled = useCallback(() => {
    const handle = list.current;
    if (frame.current === null || handle === null) return;
    const [before, now] = [last.current, offsetOf(frame.current)];
    if (typeof anchor.current === "object") {
      const place = offsetOfPlace(handle, margin, anchor.current);
      // The list was scrolled by hand, or goes on moving after that.
      if (Math.abs(now.top - Math.min(place, now.size - now.view)) > IN_PLACE) anchor.current = undefined;
    } else anchor.current = staysAtEnd(anchor.current === "end", before, now) ? "end" : undefined;
    if (anchor.current === "end" && !isAtEnd(now)) applyAnchor();
    updateOffset();
  }, [frame, list, margin, applyAnchor, updateOffset]);

  const resized = useCallback(() => {
    applyAnchor();
    updateOffset();
  }, [applyAnchor, updateOffset]);

  // Scrolling by hand releases the row.
  useEffect(() => {
    const element = frame.current;
    const release = () => {
      if (typeof anchor.current === "object") anchor.current = undefined;
    };
    const events = ["wheel", "touchstart", "pointerdown", "keydown"] as const;
    for (const name of events) element?.addEventListener(name, release, { passive: true });
    return () => {
      for (const name of events) element?.removeEventListener(name, release);
      clearTimeout(settling.current);
    };
  }, [frame]);
  return { atEnd, toEnd, toRow, keepPlace, scrolled, resized };
}

/** The scroll offset at which a row is in its place. */
function offsetOfPlace(list: VirtualizerHandle, margin: number, { index, below }: Place): number {
  return margin + list.getItemOffset(index) - below;
}

function offsetOf(element: HTMLElement): Offset {
  return { top: element.scrollTop, size: element.scrollHeight, view: element.clientHeight };
}
