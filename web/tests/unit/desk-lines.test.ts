import { afterAll, expect, test, vi } from "vitest";
import { type LineContext, lineOf, textOf } from "../../src/app/desk/entry-words.ts";
import { clockWords } from "../../src/app/desk/sla-words.ts";
import { length, when } from "../../src/app/desk/when.ts";
import { rowsOf } from "../../src/app/chat/rows.ts";
import type { DeskEntry, Message, SlaClock } from "../../src/protocol.ts";

// The formats of times are made when the modules are loaded.
const zone = vi.hoisted(() => {
  const before = process.env["TZ"];
  process.env["TZ"] = "Europe/Berlin";
  return before;
});
afterAll(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

const NOW = Date.parse("2026-03-04T10:00:00Z");
const GRACE = { userId: "grace", role: "admin", name: "Grace" } as const;
const SYSTEM = { userId: "system", role: "system", name: "System" } as const;
const NAMES: Readonly<Record<string, string>> = { grace: "Grace", bob: "Bob", me: "Me", fragile: "Fragile", vip: "VIP" };
const CONTEXT: LineContext = { me: { userId: "me", role: "admin" }, admin: (id) => NAMES[id], tag: (id) => NAMES[id], now: NOW };

function entry(what: object, by: DeskEntry["by"] = GRACE): DeskEntry {
  return { conversationId: "cnv_x", deskSeq: 1, changeId: "c", by, afterSeq: 1, createdAt: "2026-03-04T09:00:00.000Z", ...what } as DeskEntry;
}

function line(what: object, by?: DeskEntry["by"]): string | undefined {
  const parts = lineOf(entry(what, by), CONTEXT);
  return parts && textOf(parts);
}

test("each decision has a line", () => {
  const me = { userId: "me", role: "admin", name: "Me" } as const;
  expect(line({ type: "assigned", to: "bob" })).toBe("Grace assigned this to Bob");
  expect(line({ type: "assigned", to: "me" })).toBe("Grace assigned this to you");
  expect(line({ type: "assigned", to: "grace" })).toBe("Grace took this on");
  expect(line({ type: "assigned", to: "me" }, me)).toBe("You assigned this to yourself");
  expect(line({ type: "assigned", to: "unknown" })).toBe("Grace assigned this to another admin");
  expect(line({ type: "assigned" })).toBe("Grace assigned this to nobody");
  expect(line({ type: "prioritized", to: "high" })).toBe("Grace set the priority to high");
  expect(line({ type: "prioritized", to: "none" }, me)).toBe("You removed the priority");
  expect(line({ type: "tagged", add: ["fragile"], remove: [] })).toBe("Grace added the tag Fragile");
  expect(line({ type: "tagged", add: ["fragile", "vip"], remove: [] })).toBe("Grace added the tags Fragile and VIP");
  expect(line({ type: "tagged", add: ["fragile"], remove: ["vip"] })).toBe("Grace added the tag Fragile and removed the tag VIP");
  expect(line({ type: "tagged", add: ["deleted"], remove: ["vip"] })).toBe("Grace removed the tag VIP");
  expect(line({ type: "snoozed", until: "2026-03-05T08:00:00.000Z" })).toBe("Grace snoozed this until tomorrow, 09:00");
  expect(line({ type: "snoozed" })).toBe("Grace snoozed this until the customer writes");
  expect(line({ type: "woken", at: "2026-03-05T08:00:00.000Z" })).toBe("Grace ended the snooze");
  expect(line({ type: "woken", at: "2026-03-05T08:00:00.000Z" }, SYSTEM)).toBe("The snooze has ended");
  expect(line({ type: "settled" })).toBe("Grace decided that no answer is needed");
  expect(line({ type: "sla_breached", sla: "first_response", due: "2026-03-04T10:31:00.000Z" }, SYSTEM)).toBe("The first response is late (due 11:31)");
});

test("what has no line: notes, deleted tags, and types of a later release", () => {
  expect(line({ type: "note", body: "Hello" })).toBeUndefined();
  expect(line({ type: "tagged", add: ["deleted"], remove: [] })).toBeUndefined();
  expect(line({ type: "merged", into: "cnv_y" })).toBeUndefined();
});

test("names are parts of their own, so that they can be shown as such", () => {
  expect(lineOf(entry({ type: "assigned", to: "bob" }), CONTEXT)).toEqual([{ name: "Grace" }, " assigned this to ", { name: "Bob" }]);
});

test("the lines stand where they were written, and unknown types have no row", () => {
  const message = (seq: number) => ({ seq, id: `m${seq}`, kind: "text", body: String(seq), sender: GRACE, createdAt: "2026-03-04T09:00:00.000Z" }) as Message;
  const desk = [
    { ...entry({ type: "prioritized", to: "high" }), deskSeq: 1, changeId: "one" },
    { ...entry({ type: "merged" }), deskSeq: 2, changeId: "two" },
    { ...entry({ type: "note", body: "Hello" }), deskSeq: 3, changeId: "three", afterSeq: 2 },
    { ...entry({ type: "settled" }), deskSeq: 4, changeId: "four", afterSeq: 2 },
  ];
  const rows = rowsOf({ messages: [message(1), message(2), message(3)], changes: [], desk, hasOlder: false }, []);
  expect(rows.map(({ key }) => key)).toEqual(["m1", "one", "m2", "three", "four", "m3"]);
});

const clock = (about: Partial<SlaClock> = {}): SlaClock => ({ kind: "first_response", since: "2026-03-04T09:00:00.000Z", due: "2026-03-04T11:00:00.000Z", warnAt: "2026-03-04T10:30:00.000Z", paused: false, ...about });

test("a clock says how much time is left, and that it is late", () => {
  expect(clockWords(clock(), NOW)).toEqual({ state: "good", text: "Answer by 12:00, 1 h left" });
  expect(clockWords(clock({ due: "2026-03-04T10:25:00.000Z" }), NOW).state).toBe("good");
  expect(clockWords(clock({ due: "2026-03-04T10:20:00.000Z", warnAt: "2026-03-04T10:00:00.000Z" }), NOW)).toEqual({ state: "soon", text: "Answer by 11:20, 20 min left" });
  expect(clockWords(clock({ due: "2026-03-04T09:50:00.000Z" }), NOW)).toEqual({ state: "late", text: "Late: answer was due 10:50, 10 min ago" });
  expect(clockWords(clock({ kind: "resolution", due: "2026-03-05T10:00:00.000Z" }), NOW).text).toBe("Resolve by tomorrow, 11:00, 1 day left");
  expect(clockWords(clock({ paused: true }), NOW)).toEqual({ state: "paused", text: "Answer: paused, 1 h left" });
});

test("times and lengths are short", () => {
  expect(when("2026-03-04T13:30:00Z", NOW)).toBe("14:30");
  expect(when("2026-03-09T08:00:00Z", NOW)).toBe("Mon 9 Mar, 09:00");
  expect(when("2027-03-09T08:00:00Z", NOW)).toBe("9 Mar 2027, 09:00");
  expect([30_000, 25 * 60_000, 3_600_000, 190 * 60_000, 25 * 3_600_000, 50 * 3_600_000].map(length)).toEqual(["less than a minute", "25 min", "1 h", "3 h 10 min", "1 day", "2 days"]);
});
