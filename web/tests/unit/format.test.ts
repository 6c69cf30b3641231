import { afterEach, beforeEach, expect, test } from "vitest";
import { timeAgo, shortTime, dayLabel, dayAndMonth, englishOf, joinNames } from "../../src/app/format.ts";

/** Returns the start of a day in the local time zone. */
const startOfDay = (...date: [year: number, month: number, day: number]) => new Date(...date).getTime();
const zone = process.env["TZ"];

beforeEach(() => void (process.env["TZ"] = "Europe/Berlin"));
afterEach(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

test("days are calendar days, also if one has 23 or 25 hours", () => {
  // In 2026 clocks go forward on 29 March and back on 25 October.
  expect(dayLabel("2026-03-29T21:59:00Z", startOfDay(2026, 2, 30))).toBe("Yesterday");
  expect(dayLabel("2026-10-24T22:00:00Z", startOfDay(2026, 9, 26))).toBe("Yesterday");
  expect(dayLabel("2026-10-24T21:59:00Z", startOfDay(2026, 9, 26))).toMatch("24");
  expect(dayLabel("2026-03-29T22:00:00Z", startOfDay(2026, 2, 30))).toBe("Today");
});

test("a day of another year includes the year", () => {
  const today = startOfDay(2026, 0, 2);
  for (const words of [shortTime, dayLabel]) {
    expect(words("2025-12-30T12:00:00Z", today)).toMatch("2025");
    expect(words("2026-11-30T12:00:00Z", today)).not.toMatch("2026");
  }
});

test("the pages use the reader's own kind of English", () => {
  expect(englishOf(["de-DE", "en-US", "en"])).toBe("en-US");
  expect(englishOf(["de-DE"])).toBe("en-GB");
  expect(englishOf(["enm"])).toBe("en-GB");
  expect(englishOf([])).toBe("en-GB");
  expect(timeAgo("2026-03-01T09:30:00Z", Date.parse("2026-03-01T09:35:00Z"))).toBe("5 minutes ago");
});

test("names are joined as in English", () => {
  expect(joinNames(["Mia"])).toBe("Mia");
  expect(joinNames(["Mia", "Leo"])).toBe("Mia and Leo");
  expect(joinNames(["Mia", "Jonas", "Leo"])).toMatch(/^Mia, Jonas,? and Leo$/);
});

test("a day has its year only if it is another year", () => {
  const now = Date.parse("2026-11-26T12:00:00Z");
  expect(dayAndMonth("2026-03-03T12:00:00Z", now)).toMatch(/^(3 March|March 3)$/);
  expect(dayAndMonth("2025-03-03T12:00:00Z", now)).toMatch(/2025/);
});
