import { date, sameDay, time, weekday } from "../format.ts";

/** Formats a time of the near future: `14:30`, `tomorrow, 09:00`, `Mon 30 Nov, 09:00`. */
export function when(moment: string | number, now: number): string {
  if (sameDay(moment, now)) return time(moment);
  const tomorrow = new Date(now);
  tomorrow.setDate(tomorrow.getDate() + 1);
  if (sameDay(moment, tomorrow.getTime())) return `tomorrow, ${time(moment)}`;
  const isFar = new Date(moment).getFullYear() !== new Date(now).getFullYear();
  return `${isFar ? date(new Date(moment).toISOString()) : weekday(moment)}, ${time(moment)}`;
}

const [MINUTE, HOUR, DAY] = [1, 60, 24 * 60];

/** Formats a length of time: `25 min`, `3 h 10 min`, `2 days`. */
export function length(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < MINUTE) return "less than a minute";
  if (minutes < HOUR) return `${minutes} min`;
  if (minutes < DAY) return minutes % HOUR === 0 ? `${minutes / HOUR} h` : `${Math.floor(minutes / HOUR)} h ${minutes % HOUR} min`;
  const days = Math.floor(minutes / DAY);
  return days === 1 ? "1 day" : `${days} days`;
}
