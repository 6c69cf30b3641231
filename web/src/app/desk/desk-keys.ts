import { useEffect } from "react";
import { useLatest } from "../chat-context.ts";
import { isShortcut } from "../shortcuts.ts";

/** What a key does in an open conversation. */
export type DeskKeys = Readonly<Record<string, () => void>>;

/** Calls what belongs to a key, unless somebody writes or a menu or a dialog is open. */
export function useDeskKeys(keys: DeskKeys): void {
  const latest = useLatest(keys);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const act = latest.current[event.key.toLowerCase()];
      if (act === undefined || event.shiftKey || event.repeat || !isShortcut(event)) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [latest]);
}
