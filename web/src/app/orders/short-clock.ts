import type { SlaClock } from "../../protocol.ts";
import { clockWords } from "../desk/sla-words.ts";
import { length } from "../desk/when.ts";

/** Returns how a clock stands at `now` (milliseconds since 1970) and how much is left: `good/2 h left`. */
export function shortClock(clock: SlaClock, now: number): string {
  const { state } = clockWords(clock, now);
  const left = (state === "paused" ? clock.leftMs : undefined) ?? Date.parse(clock.due) - now;
  if (state === "late") return `late/Late by ${length(-left)}`;
  return `${state}/${state === "paused" ? "Paused, " : ""}${length(left)} left`;
}
