import { useSyncExternalStore } from "react";

/**
 * Interval of the clock checks, in milliseconds. One timer for midnight would be late after the
 * computer has slept.
 */
const CHECK_INTERVAL = 10_000;

/** Returns the start of the current minute, in milliseconds since 1970. */
export function useMinute(): number {
  return useSyncExternalStore(ticks, () => new Date().setSeconds(0, 0));
}

/** Returns the start of the current day in the reader's time zone, in milliseconds since 1970. */
export function useToday(): number {
  return useSyncExternalStore(ticks, () => new Date().setHours(0, 0, 0, 0));
}

function ticks(ticked: () => void): () => void {
  const ticking = setInterval(ticked, CHECK_INTERVAL);
  document.addEventListener("visibilitychange", ticked);
  return () => {
    clearInterval(ticking);
    document.removeEventListener("visibilitychange", ticked);
  };
}
