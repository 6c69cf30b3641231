import { type RefObject, useEffect, useState } from "react";
import { type Slash, slashAt } from "./slash.ts";

/** What happens in a field when its caret moves. */
const MOVES = ["input", "keyup", "click", "focus", "blur"] as const;

/**
 * Returns the slash at the caret of the field while the field has the focus, and a function that
 * closes its list. It opens again with the next slash.
 */
export function useSlash(field: RefObject<HTMLTextAreaElement | null>, text: string): [Slash | undefined, () => void] {
  const caret = useCaret(field);
  const [closed, setClosed] = useState<number>();
  const slash = caret === undefined ? undefined : slashAt(text, caret);
  const start = slash?.start;
  useEffect(() => {
    if (start === undefined) setClosed(undefined);
  }, [start]);
  return [start === closed ? undefined : slash, () => setClosed(start)];
}

/** Returns where the caret is, or undefined without the focus or with a selection. */
function useCaret(field: RefObject<HTMLTextAreaElement | null>): number | undefined {
  const [caret, setCaret] = useState<number>();
  useEffect(() => {
    const element = field.current;
    if (element === null) return;
    const moved = () => {
      const { selectionStart, selectionEnd } = element;
      setCaret(document.activeElement === element && selectionStart === selectionEnd ? selectionStart : undefined);
    };
    for (const move of MOVES) element.addEventListener(move, moved);
    document.addEventListener("selectionchange", moved);
    return () => {
      for (const move of MOVES) element.removeEventListener(move, moved);
      document.removeEventListener("selectionchange", moved);
    };
  }, [field]);
  return caret;
}
