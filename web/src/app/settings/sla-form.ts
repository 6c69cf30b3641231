import type { Calendar, OpeningHours, Priority, Sla, SlaPolicy, SlaTarget, Weekday } from "../../protocol.ts";

/** The times of a target, as the form has them. */
export const TIMES = [
  { time: "firstResponseMinutes", label: "First response" },
  { time: "nextResponseMinutes", label: "Next response" },
  { time: "resolutionMinutes", label: "Resolution" },
] as const satisfies readonly { time: keyof SlaTarget; label: string }[];

/** The days of a week, in its order. */
export const WEEKDAYS: readonly Weekday[] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** The most spans of a day. */
export const MOST_SPANS = 4;

/** A length of time as it is typed. An empty `value` is no time. */
export interface Duration {
  readonly value: string;
  readonly unit: "minutes" | "hours";
}

/** The times for conversations of one priority. */
export interface TargetForm {
  /** True if it has the times of conversations without a priority. */
  readonly asDefault: boolean;
  readonly times: Readonly<Record<keyof SlaTarget, Duration>>;
}

/** A span of a day. The end of a day is `00:00`, which is what a field of the type `time` can have. */
export type SpanForm = readonly [start: string, end: string];

/** The SLA as its form has it. */
export interface SlaForm {
  readonly on: boolean;
  readonly targets: Readonly<Record<Priority, TargetForm>>;
  /** True if there are no opening hours. */
  readonly always: boolean;
  readonly timezone: string;
  readonly week: Readonly<Record<Weekday, readonly SpanForm[]>>;
  readonly holidays: readonly string[];
}

const PRIORITIES: readonly Priority[] = ["none", "low", "medium", "high", "urgent"];
const WORKDAY: readonly SpanForm[] = [["09:00", "17:00"]];

/** Returns the form of an SLA. `timezone` is that of a shop that has set none. */
export function formOf({ policy }: Sla, timezone: string): SlaForm {
  const calendar = policy?.calendar;
  return {
    on: policy !== undefined,
    targets: recordOf(PRIORITIES, (priority) => targetForm(policy?.targets[priority], priority)),
    always: calendar === undefined,
    timezone: calendar?.timezone ?? timezone,
    week: recordOf(WEEKDAYS, (day) => (calendar === undefined ? usual(day) : (calendar.week[day] ?? []).map(([start, end]) => [start, end === "24:00" ? "00:00" : end]))),
    holidays: [...(calendar?.holidays ?? [])].sort(),
  };
}

/** Returns the SLA of a form. The server checks it. */
export function slaOf({ on, targets, always, timezone, week, holidays }: SlaForm): Sla {
  if (!on) return {};
  const given = PRIORITIES.filter((priority) => priority === "none" || !targets[priority].asDefault);
  const policy: SlaPolicy = { targets: Object.fromEntries(given.map((priority) => [priority, targetOf(targets[priority])])) };
  if (always) return { policy };
  const open = WEEKDAYS.filter((day) => week[day].length > 0);
  const calendar: Calendar = {
    timezone,
    week: Object.fromEntries(open.map((day) => [day, week[day].map(([start, end]) => [start, end === "00:00" ? "24:00" : end])])) as Record<Weekday, OpeningHours>,
    holidays: [...new Set(holidays.filter((day) => day !== ""))].sort(),
  };
  return { policy: { ...policy, calendar } };
}

function targetForm(target: SlaTarget | undefined, priority: Priority): TargetForm {
  return {
    asDefault: priority !== "none" && target === undefined,
    times: recordOf(TIMES.map(({ time }) => time), (time) => durationOf(target?.[time])),
  };
}

function durationOf(minutes: number | undefined): Duration {
  if (minutes === undefined) return { value: "", unit: "hours" };
  return minutes % 60 === 0 ? { value: String(minutes / 60), unit: "hours" } : { value: String(minutes), unit: "minutes" };
}

function targetOf({ times }: TargetForm): SlaTarget {
  const given = TIMES.filter(({ time }) => times[time].value.trim() !== "");
  return Object.fromEntries(given.map(({ time }) => [time, Number(times[time].value) * (times[time].unit === "hours" ? 60 : 1)]));
}

function usual(day: Weekday): readonly SpanForm[] {
  return day === "saturday" || day === "sunday" ? [] : WORKDAY;
}

function recordOf<Key extends string, Value>(keys: readonly Key[], valueOf: (key: Key) => Value): Record<Key, Value> {
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)])) as Record<Key, Value>;
}
