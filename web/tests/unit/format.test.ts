import { afterEach, beforeEach, expect, test } from "vitest";
import { brief, day } from "../../src/app/format.ts";

/** The first moment of a day here. */
const begins = (...date: [year: number, month: number, day: number]) => new Date(...date).getTime();
const zone = process.env["TZ"];

beforeEach(() => void (process.env["TZ"] = "Europe/Berlin"));
afterEach(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

test("days are those of the calendar, also where one has 23 or 25 hours", () => {
  // In 2026 clocks go forward on 29 March and back on 25 October.
  expect(day("2026-03-29T21:59:00Z", begins(2026, 2, 30))).toBe("Yesterday");
  expect(day("2026-10-24T22:00:00Z", begins(2026, 9, 26))).toBe("Yesterday");
  expect(day("2026-10-24T21:59:00Z", begins(2026, 9, 26))).toMatch("24");
  expect(day("2026-03-29T22:00:00Z", begins(2026, 2, 30))).toBe("Today");
});

test("a day of another year says so", () => {
  const today = begins(2026, 0, 2);
  for (const words of [brief, day]) {
    expect(words("2025-12-30T12:00:00Z", today)).toMatch("2025");
    expect(words("2026-11-30T12:00:00Z", today)).not.toMatch("2026");
  }
});
