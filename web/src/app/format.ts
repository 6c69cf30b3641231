import type { OrderId } from "../protocol.ts";

/** The pages are in English. Dates and amounts use the reader's kind of English. */
const LANGUAGE = englishOf(typeof navigator === "undefined" ? [] : (navigator.languages ?? []));

const TIME = new Intl.DateTimeFormat(LANGUAGE, { hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short", year: "numeric" });
const SHORT_DATE = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short" });
const WEEKDAY = new Intl.DateTimeFormat(LANGUAGE, { weekday: "long", day: "numeric", month: "long" });
const SHORT_WEEKDAY = new Intl.DateTimeFormat(LANGUAGE, { weekday: "short", day: "numeric", month: "short" });
const DAY_AND_MONTH = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "long" });
const LONG_DATE = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "long", year: "numeric" });
const FULL = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "full", timeStyle: "medium" });
const AGO = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });

const LIST = new Intl.ListFormat(LANGUAGE, { type: "conjunction" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Returns the first English locale of the reader's languages. */
export function englishOf(languages: readonly string[]): string {
  return languages.find((language) => /^en\b/i.test(language)) ?? "en-GB";
}

/** Joins names: `Mia, Jonas and Leo`. */
export function joinNames(names: readonly string[]): string {
  return LIST.format(names);
}

/** Joins names and returns the parts; the names have the type `element`. */
export function nameParts(names: readonly string[]): readonly { type: "element" | "literal"; value: string }[] {
  return LIST.formatToParts(names);
}

/** Formats an amount in minor units. */
export function money(amount: number, currency: string): string {
  const format = new Intl.NumberFormat(LANGUAGE, { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}

/** Formats a time of day: `09:31`. */
export function time(moment: string | number): string {
  return TIME.format(new Date(moment));
}

/** Formats a date: `1 Mar 2026`. */
export function date(moment: string): string {
  return DATE.format(new Date(moment));
}

/** Formats a day: `3 March`, with the year if it is not this year. */
export function dayAndMonth(moment: string, now = Date.now()): string {
  return (sameYear(moment, now) ? DAY_AND_MONTH : LONG_DATE).format(new Date(moment));
}

/** Formats a day of this year: `Mon 30 Nov`. */
export function weekday(moment: string | number): string {
  return SHORT_WEEKDAY.format(new Date(moment)).replace(",", "");
}

/** Formats the full date and time, for tooltips. */
export function fullTime(moment: string | number): string {
  return FULL.format(new Date(moment));
}

/** Formats the time if it is today, else the date, with the year if it is another year. */
export function shortTime(moment: string, today: number): string {
  if (sameDay(moment, today)) return time(moment);
  return sameYear(moment, today) ? SHORT_DATE.format(new Date(moment)) : date(moment);
}

/** Formats a day: `Today`, `Yesterday` or the date, with the year if it is another year. */
export function dayLabel(moment: string | number, today: number): string {
  if (sameDay(moment, today)) return "Today";
  // A day can have 23, 24 or 25 hours.
  const yesterday = new Date(today);
  yesterday.setDate(yesterday.getDate() - 1);
  if (sameDay(moment, yesterday.getTime())) return "Yesterday";
  return (sameYear(moment, today) ? WEEKDAY : LONG_DATE).format(new Date(moment));
}

/** Formats a time relative to now: `5 minutes ago`. */
export function timeAgo(moment: string, now: number): string {
  const passed = Math.max(0, now - Date.parse(moment));
  if (passed < MINUTE) return "just now";
  if (passed < HOUR) return AGO.format(-Math.floor(passed / MINUTE), "minute");
  if (passed < DAY) return AGO.format(-Math.floor(passed / HOUR), "hour");
  return AGO.format(-Math.floor(passed / DAY), "day");
}

/** Returns true if two moments are on the same day in the reader's time zone. */
export function sameDay(one: string | number, other: string | number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

function sameYear(one: string | number, other: string | number): boolean {
  return new Date(one).getFullYear() === new Date(other).getFullYear();
}

/** Returns the short order number that people see: the end of the id. */
export function orderNumber(id: OrderId): string {
  return `#${id.slice(-6).toUpperCase()}`;
}
