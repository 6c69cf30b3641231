import { type Duration, type SlaForm, type SpanForm, TIMES, WEEKDAYS } from "./sla-form.ts";
import { PRIORITIES } from "../desk/priorities.ts";

/** The most minutes of a time: a year. */
const MOST_MINUTES = 525_600;

/**
 * Returns what is wrong with a form, by the path of the field in the request. The server checks it
 * too, but does not say which priority or which day.
 */
export function problemsOf({ on, always, targets, week }: SlaForm): ReadonlyMap<string, string> {
  const problems = new Map<string, string>();
  if (!on) return problems;
  for (const { priority } of PRIORITIES) {
    if (targets[priority].asDefault) continue;
    for (const { time } of TIMES) add(`policy.targets.${priority}.${time}`, durationProblem(targets[priority].times[time]));
  }
  if (always) return problems;
  for (const day of WEEKDAYS) add(`policy.calendar.week.${day}`, spansProblem(week[day]));
  if (WEEKDAYS.every((day) => week[day].length === 0)) add("policy.calendar.week", "Add hours on at least one day, or choose “Always open”.");
  return problems;

  function add(field: string, problem: string | undefined): void {
    if (problem !== undefined) problems.set(field, problem);
  }
}

function durationProblem({ value, unit }: Duration): string | undefined {
  const typed = value.trim();
  if (typed === "") return undefined;
  const minutes = Number(typed) * (unit === "hours" ? 60 : 1);
  if (!/^\d+$/.test(typed) || minutes === 0) return "Write a whole number, or nothing.";
  return minutes > MOST_MINUTES ? "This is more than a year." : undefined;
}

function spansProblem(spans: readonly SpanForm[]): string | undefined {
  if (spans.some(([start, end]) => start === "" || end === "")) return "Write both times.";
  // The end of a day is after all times of it.
  const ends = spans.map(([, end]) => (end === "00:00" ? "24:00" : end));
  if (spans.some(([start], index) => start >= (ends[index] ?? ""))) return "The end must be later than the start.";
  return spans.some(([start], index) => index > 0 && start < (ends[index - 1] ?? "")) ? "The hours must follow each other, without an overlap." : undefined;
}
