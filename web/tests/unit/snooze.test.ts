import { afterEach, beforeEach, expect, test } from "vitest";
import { snoozeProblem, snoozeTimes, toField } from "../../src/app/desk/snooze-times.ts";

const zone = process.env["TZ"];

beforeEach(() => void (process.env["TZ"] = "Europe/Berlin"));
afterEach(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

const times = (now: string) => snoozeTimes(Date.parse(now)).map(({ label, until }) => [label, new Date(until).toISOString()]);

test("times are those of the reader's clock", () => {
  // A Wednesday, 14:45 in Berlin.
  expect(times("2026-03-04T13:45:00Z")).toEqual([
    ["Later today", "2026-03-04T16:00:00.000Z"],
    ["Tomorrow", "2026-03-05T08:00:00.000Z"],
    ["Next Monday", "2026-03-09T08:00:00.000Z"],
  ]);
});

test("they stay at nine when the clocks change", () => {
  // In 2026 clocks go forward on Sunday 29 March and back on Sunday 25 October.
  expect(times("2026-03-28T11:00:00Z").slice(1)).toEqual([["Tomorrow", "2026-03-29T07:00:00.000Z"], ["Next Monday", "2026-03-30T07:00:00.000Z"]]);
  expect(times("2026-10-24T10:00:00Z").slice(1)).toEqual([["Tomorrow", "2026-10-25T08:00:00.000Z"], ["Next Monday", "2026-10-26T08:00:00.000Z"]]);
  // 00:30 on the day on which 02:00 becomes 03:00: three hours later it is 04:30.
  expect(times("2026-03-28T23:30:00Z")[0]).toEqual(["Later today", "2026-03-29T02:00:00.000Z"]);
});

test("in the evening there is no later today, and on a Sunday tomorrow is Monday", () => {
  expect(times("2026-03-04T18:00:00Z").map(([label]) => label)).toEqual(["Tomorrow", "Next Monday"]);
  expect(times("2026-03-04T22:59:00Z").map(([label]) => label)).toEqual(["Tomorrow", "Next Monday"]);
  expect(times("2026-03-08T10:00:00Z").map(([label]) => label)).toEqual(["Later today", "Tomorrow"]);
  // On a Monday the next one is in a week.
  expect(times("2026-03-09T10:00:00Z").at(-1)).toEqual(["Next Monday", "2026-03-16T08:00:00.000Z"]);
});

test("every time is in the future, at any time of two years", () => {
  const start = Date.parse("2026-01-01T00:00:00Z");
  for (let hour = 0; hour < 2 * 365 * 24; hour += 7) {
    const now = start + hour * 3_600_000;
    const found = snoozeTimes(now);
    for (const { until } of found) expect(snoozeProblem(until, now)).toBeUndefined();
    expect(found.map(({ until }) => until)).toEqual(found.map(({ until }) => until).sort((one, other) => one - other));
  }
});

test("a time of one's own must be in the future, within a year", () => {
  const now = Date.parse("2026-03-04T13:45:00Z");
  expect(snoozeProblem(Number.NaN, now)).toBe("Choose a date and a time.");
  expect(snoozeProblem(now, now)).toBe("Choose a time in the future.");
  expect(snoozeProblem(now + 366 * 24 * 3_600_000, now)).toBe("Choose a time within a year.");
  expect(toField(now)).toBe("2026-03-04T14:45");
  expect(Date.parse(toField(now))).toBe(now);
});
