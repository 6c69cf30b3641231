import { expect, test } from "vitest";
import { NO_FILTER, decidedFilters, storedFilter } from "../../src/app/orders/filter.ts";
import { shortClock } from "../../src/app/orders/short-clock.ts";
import { NO_DESK_FILTER, byPriority, isSnoozed, listFilter, matchesDesk } from "../../src/app/orders/views.ts";
import type { ConversationStatus, Desk, Priority } from "../../src/protocol.ts";

const ME = { userId: "grace" };
const NOW = "2026-03-01T12:00:00.000Z";
const DESK: Desk = { priority: "none", tags: [], sla: [] };
const SNOOZED = { since: NOW, afterSeq: 3 };

const matches = (filter: object, desk: Partial<Desk>, status: ConversationStatus = "active") => matchesDesk({ ...NO_DESK_FILTER, ...filter }, { status }, { ...DESK, ...desk }, ME, NOW);

test.each([
  ["mine", { assignee: "grace" }, true],
  ["mine", { assignee: "tom" }, false],
  ["mine", {}, false],
  ["mine", { assignee: "grace", snooze: SNOOZED }, false],
  ["unassigned", {}, true],
  ["unassigned", { assignee: "tom" }, false],
  ["unassigned", { snooze: SNOOZED }, false],
  ["snoozed", { snooze: SNOOZED }, true],
  ["snoozed", { snooze: { ...SNOOZED, until: "2026-03-01T11:59:00.000Z" } }, false],
  ["snoozed", {}, false],
  ["all", { snooze: SNOOZED }, true],
  ["all", { assignee: "tom" }, true],
] as const)("the view %s with a conversation of %j: %s", (view, desk, expected) => {
  expect(matches({ view }, desk)).toBe(expected);
  // The views have only active conversations, except the view of everything.
  expect(matches({ view }, desk, "archived")).toBe(expected && view === "all");
});

test("filters by tag, priority and assignee keep what the server would", () => {
  expect(matches({ tag: "aaaaaaaa" }, { tags: ["bbbbbbbb", "aaaaaaaa"] })).toBe(true);
  expect(matches({ tag: "aaaaaaaa" }, {})).toBe(false);
  expect(matches({ priority: "none" }, {})).toBe(true);
  expect(matches({ priority: "high" }, {})).toBe(false);
  expect(matches({ assignee: "tom" }, { assignee: "tom" })).toBe(true);
  expect(matches({ assignee: "none" }, { assignee: "tom" })).toBe(false);
  expect(matches({ assignee: "tom", view: "mine" }, { assignee: "grace" })).toBe(true);
});

test("the request asks for what the filter says, and for nothing if it says nothing", () => {
  expect(listFilter(NO_DESK_FILTER, ME, undefined)).toBeUndefined();
  expect(listFilter({ ...NO_DESK_FILTER, view: "mine", assignee: "tom" }, ME, undefined)).toEqual({ assignee: "grace" });
  expect(listFilter({ ...NO_DESK_FILTER, view: "unassigned" }, ME, undefined)).toEqual({ assignee: "none" });
  // The server refuses an assignee together with the snoozed ones.
  expect(listFilter({ ...NO_DESK_FILTER, view: "snoozed", assignee: "tom", tag: "aaaaaaaa" }, ME, undefined)).toEqual({ snoozed: true, tag: "aaaaaaaa" });
  expect(listFilter({ ...NO_DESK_FILTER, priority: "low" }, ME, "closed")).toEqual({ priority: "low", status: "closed" });
});

test("a snooze without an end lasts, and one whose time is over does not", () => {
  expect(isSnoozed({ snooze: SNOOZED }, NOW)).toBe(true);
  expect(isSnoozed({ snooze: { ...SNOOZED, until: "2026-03-01T12:00:00.001Z" } }, NOW)).toBe(true);
  expect(isSnoozed({ snooze: { ...SNOOZED, until: NOW } }, NOW)).toBe(false);
  expect(isSnoozed({}, NOW)).toBe(false);
});

test("the most urgent is first, and a priority of a later release is last", () => {
  const desks = (["none", "urgent", "sudden", "low", "high", "medium"] as Priority[]).map((priority) => ({ ...DESK, priority }));
  expect(desks.sort(byPriority).map(({ priority }) => priority)).toEqual(["urgent", "high", "medium", "low", "none", "sudden"]);
});

test("a stored filter opens, and what another release has stored is left out", () => {
  expect(storedFilter(JSON.stringify({ view: "mine", tag: "aaaaaaaa", priority: "low", sorting: "priority" }))).toEqual({ view: "mine", tag: "aaaaaaaa", priority: "low", sorting: "priority" });
  expect(storedFilter(JSON.stringify({ view: "watched", tag: 7, priority: "sudden", assignee: null, sorting: "name" }))).toEqual({});
  for (const text of [null, "", "null", "7", "{", "[]"]) expect(storedFilter(text)).toEqual({});
  expect(decidedFilters(NO_FILTER)).toBe(0);
  expect(decidedFilters({ ...NO_FILTER, view: "mine", tag: "aaaaaaaa", sorting: "priority" })).toBe(2);
});

test("a clock of the list says how much is left: amber at a quarter, then late", () => {
  const clock = { kind: "next_response", since: "2026-03-01T08:00:00.000Z", due: "2026-03-01T12:00:00.000Z", warnAt: "2026-03-01T11:00:00.000Z", paused: false } as const;
  const at = (time: string) => shortClock(clock, Date.parse(`2026-03-01T${time}.000Z`));
  expect(at("10:00:00")).toBe("good/2 h left");
  expect(at("11:00:00")).toBe("soon/1 h left");
  expect(at("12:25:00")).toBe("late/Late by 25 min");
  expect(shortClock({ ...clock, paused: true }, Date.parse("2026-03-01T10:00:00.000Z"))).toBe("paused/Paused, 2 h left");
});
