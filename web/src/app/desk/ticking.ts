import { useSyncExternalStore } from "react";
import { useChat } from "../chat-context.ts";

/** Interval in which texts about times are looked at, in milliseconds. */
const INTERVAL_MS = 10_000;

const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Calls `watcher` now and then. All watchers share one timer. */
function everyTick(watcher: () => void): () => void {
  watchers.add(watcher);
  timer ??= setInterval(() => {
    for (const each of watchers) each();
  }, INTERVAL_MS);
  document.addEventListener("visibilitychange", watcher);
  return () => {
    watchers.delete(watcher);
    document.removeEventListener("visibilitychange", watcher);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/**
 * Returns a text that depends on the server's time, which `words` gets in milliseconds since 1970. The
 * component renders again only when the text is another one.
 */
export function useTicking<Words extends string | undefined>(words: (now: number) => Words): Words {
  const offset = useChat((state) => state.clockOffset);
  return useSyncExternalStore(everyTick, () => words(Date.now() + offset));
}
