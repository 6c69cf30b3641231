import type { SlaClock, SlaKind } from "../../protocol.ts";
import { length, when } from "./when.ts";

/** How a clock stands. `soon`: a quarter of its time or less is left. */
export type SlaState = "good" | "soon" | "late" | "paused";

/** A clock for people. */
export interface ClockWords {
  readonly state: SlaState;
  readonly text: string;
}

/** What has to be done in time. A later release can have more kinds. */
const TODO: Readonly<Record<SlaKind, string>> = {
  first_response: "Answer",
  next_response: "Answer",
  resolution: "Resolve",
};

/** Returns how a clock stands at `now`, the server's time in milliseconds. */
export function clockWords({ kind, due, warnAt, paused, leftMs }: SlaClock, now: number): ClockWords {
  const todo = TODO[kind] ?? "Due";
  const end = Date.parse(due);
  const left = end - now;
  // While it is paused, its end moves on.
  if (paused) return { state: "paused", text: `${todo}: paused, ${length(leftMs ?? left)} left` };
  if (left <= 0) return { state: "late", text: `Late: ${todo.toLowerCase()} was due ${when(due, now)}, ${length(-left)} ago` };
  const state = Date.parse(warnAt) <= now ? "soon" : "good";
  return { state, text: `${todo} by ${when(due, now)}, ${length(left)} left` };
}
