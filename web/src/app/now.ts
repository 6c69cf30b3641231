import { useSyncExternalStore } from "react";

/** How often it is looked at the clock, in milliseconds. A timer for midnight would be late after a night in which the machine slept. */
const TICK = 10_000;

/** When this minute began, in milliseconds since 1970. */
export function useMinute(): number {
  return useSyncExternalStore(ticks, () => new Date().setSeconds(0, 0));
}

/** When this day began here, in milliseconds since 1970. */
export function useToday(): number {
  return useSyncExternalStore(ticks, () => new Date().setHours(0, 0, 0, 0));
}

function ticks(ticked: () => void): () => void {
  const ticking = setInterval(ticked, TICK);
  document.addEventListener("visibilitychange", ticked);
  return () => {
    clearInterval(ticking);
    document.removeEventListener("visibilitychange", ticked);
  };
}
