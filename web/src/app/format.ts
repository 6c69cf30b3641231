import type { OrderId } from "../protocol.ts";

/** The pages are in English: dates and amounts too, the way of writing them as the reader's own English has it. */
const LANGUAGE = englishOf(typeof navigator === "undefined" ? [] : (navigator.languages ?? []));

const TIME = new Intl.DateTimeFormat(LANGUAGE, { hour: "2-digit", minute: "2-digit" });
const DATE = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short", year: "numeric" });
const SHORT_DATE = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short" });
const WEEKDAY = new Intl.DateTimeFormat(LANGUAGE, { weekday: "long", day: "numeric", month: "long" });
const DAY_AND_MONTH = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "long" });
const LONG_DATE = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "long", year: "numeric" });
const FULL = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "full", timeStyle: "medium" });
const AGO = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });

const LIST = new Intl.ListFormat(LANGUAGE, { type: "conjunction" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The first English among the languages that somebody reads. */
export function englishOf(languages: readonly string[]): string {
  return languages.find((language) => /^en\b/i.test(language)) ?? "en-GB";
}

/** `Mia, Jonas and Leo`. */
export function list(names: readonly string[]): string {
  return LIST.format(names);
}

/** The same in pieces: names are of type `element`. */
export function listParts(names: readonly string[]): readonly { type: "element" | "literal"; value: string }[] {
  return LIST.formatToParts(names);
}

/** An amount in minor units, as people write it. */
export function money(amount: number, currency: string): string {
  const format = new Intl.NumberFormat(LANGUAGE, { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}

/** `09:31`. */
export function time(moment: string | number): string {
  return TIME.format(new Date(moment));
}

/** `1 Mar 2026`. */
export function date(moment: string): string {
  return DATE.format(new Date(moment));
}

/** `3 March`, with the year if it is not this one. */
export function dayOf(moment: string, now = Date.now()): string {
  return (sameYear(moment, now) ? DAY_AND_MONTH : LONG_DATE).format(new Date(moment));
}

/** Everything there is to say about a moment, for whoever points at it. */
export function full(moment: string | number): string {
  return FULL.format(new Date(moment));
}

/** The time for today, the date for any other day, with the year if that was another. */
export function brief(moment: string, today: number): string {
  if (sameDay(moment, today)) return time(moment);
  return sameYear(moment, today) ? SHORT_DATE.format(new Date(moment)) : date(moment);
}

/** `Today`, `Yesterday`, or the day, with the year if that was another. */
export function day(moment: string | number, today: number): string {
  if (sameDay(moment, today)) return "Today";
  // A day is not always 24 hours long.
  const yesterday = new Date(today);
  yesterday.setDate(yesterday.getDate() - 1);
  if (sameDay(moment, yesterday.getTime())) return "Yesterday";
  return (sameYear(moment, today) ? WEEKDAY : LONG_DATE).format(new Date(moment));
}

/** `5 minutes ago`. */
export function ago(moment: string, now: number): string {
  const passed = Math.max(0, now - Date.parse(moment));
  if (passed < MINUTE) return "just now";
  if (passed < HOUR) return AGO.format(-Math.floor(passed / MINUTE), "minute");
  if (passed < DAY) return AGO.format(-Math.floor(passed / HOUR), "hour");
  return AGO.format(-Math.floor(passed / DAY), "day");
}

/** Whether two moments are on the same day here. */
export function sameDay(one: string | number, other: string | number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

function sameYear(one: string | number, other: string | number): boolean {
  return new Date(one).getFullYear() === new Date(other).getFullYear();
}

/** What people call an order: the end of its id. */
export function orderNumber(id: OrderId): string {
  return `#${id.slice(-6).toUpperCase()}`;
}
