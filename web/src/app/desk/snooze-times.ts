/** A time until which a conversation can be snoozed. */
export interface SnoozeTime {
  readonly label: string;
  /** In milliseconds since 1970. */
  readonly until: number;
}

/** "Later today" is this many hours from now, at a full hour. */
const LATER_HOURS = 3;

/** There is no "later today" after this hour. */
const LAST_HOUR = 20;

/** The hour at which a day of the shop begins, by the reader's clock. */
const MORNING = 9;

const MONDAY = 1;

const HOUR = 3_600_000;

/**
 * Returns the usual times, by the clock of the reader's time zone. `now` is in milliseconds since
 * 1970. A date is set by its parts, because a day can have 23, 24 or 25 hours.
 */
export function snoozeTimes(now: number): readonly SnoozeTime[] {
  const later = new Date(now + LATER_HOURS * HOUR);
  later.setMinutes(0, 0, 0);
  const isToday = later.getDate() === new Date(now).getDate() && later.getHours() <= LAST_HOUR;
  const weekday = new Date(now).getDay();
  const toMonday = (MONDAY - weekday + 7) % 7 || 7;
  const times = [
    ...(isToday ? [{ label: "Later today", until: later.getTime() }] : []),
    { label: "Tomorrow", until: morning(now, 1) },
    { label: "Next Monday", until: morning(now, toMonday) },
  ];
  // On a Sunday tomorrow is the next Monday.
  return toMonday === 1 ? times.filter(({ label }) => label !== "Next Monday") : times;
}

function morning(now: number, daysLater: number): number {
  const day = new Date(now);
  day.setDate(day.getDate() + daysLater);
  return day.setHours(MORNING, 0, 0, 0);
}

/** The most that the server accepts is a year. */
const MOST_DAYS = 365;

/** Returns why a person cannot snooze until this time, or undefined. Both are in milliseconds. */
export function snoozeProblem(until: number, now: number): string | undefined {
  if (Number.isNaN(until)) return "Choose a date and a time.";
  if (until <= now) return "Choose a time in the future.";
  return until > now + MOST_DAYS * 24 * HOUR ? "Choose a time within a year." : undefined;
}

/** Returns a time as a field of the type `datetime-local` has it, by the reader's clock. */
export function toField(moment: number): string {
  const date = new Date(moment);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
