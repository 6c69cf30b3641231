import { expect, test } from "vitest";
import { lastVisibleSeq } from "../../src/app/chat/visible-messages.ts";
import { positionOf, rowsOf, withUnreadLine } from "../../src/app/chat/rows.ts";
import { isAtEnd, staysAtEnd } from "../../src/app/chat/scrolling.ts";
import { openingOf } from "../../src/app/chat/unread-line.ts";
import { EMPTY_TIMELINE } from "../../src/client/index.ts";
import type { DeskEntry, Message } from "../../src/protocol.ts";
import { message, reaction, statusChange } from "./test-client.ts";

const shop = { userId: "grace", role: "admin", name: "Grace" } as const;
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => message(first + index));
const timeline = (messages: readonly Message[], hasOlder = messages[0]?.seq !== 1) => ({ ...EMPTY_TIMELINE, messages, hasOlder, loaded: true });
const shown = (messages: readonly Message[]) => ({ messages, changes: [], desk: [], hasOlder: messages[0]?.seq !== 1 });
const asAdmin = { readSeq: 3, lastSeq: 10, unread: 7, role: "admin", most: 500 } as const;

test("a conversation opens at the first unread message of the other side", () => {
  expect(openingOf(timeline(range(1, 10)), asAdmin)).toEqual({ at: "line", line: { seq: 4, count: 7 } });
  // The reader's own messages are not counted, and the unread line is never above one of them.
  const mixed = range(1, 10).map((each) => (each.seq % 2 === 0 ? { ...each, sender: shop } : each));
  expect(openingOf(timeline(mixed), { ...asAdmin, unread: 3 })).toEqual({ at: "line", line: { seq: 5, count: 3 } });
  // Messages that came after the opening are not counted either.
  expect(openingOf(timeline(range(1, 12)), asAdmin)).toEqual({ at: "line", line: { seq: 4, count: 7 } });
  expect(openingOf(timeline(range(1, 10)), { ...asAdmin, readSeq: 10, unread: 0 })).toEqual({ at: "newest", unread: 0 });
});

test("older messages are loaded up to a limit", () => {
  expect(openingOf(timeline(range(6, 10)), asAdmin)).toEqual({ at: "loading", missing: "older" });
  expect(openingOf(timeline(range(1, 8)), asAdmin)).toEqual({ at: "loading", missing: "newer" });
  // The first unread message is the oldest loaded one, so nothing has to be loaded.
  expect(openingOf(timeline(range(4, 10)), asAdmin)).toEqual({ at: "line", line: { seq: 4, count: 7 } });
  expect(openingOf(timeline(range(6, 10)), { ...asAdmin, most: 5 })).toEqual({ at: "newest", unread: 7 });
});

test("messages are read up to the last one whose lower edge was visible", () => {
  expect(lastVisibleSeq([{ seq: 7, bottom: 100 }, { seq: 8, bottom: 480.6 }, { seq: 9, bottom: 520 }], 480)).toBe(8);
  expect(lastVisibleSeq([{ seq: 7, bottom: 900 }], 480)).toBeUndefined();
});

test("the unread line changes one row, and the others stay the same objects", () => {
  const messages = range(1, 5);
  const rows = rowsOf(shown(messages), []);
  const lined = withUnreadLine(rows, { seq: 3, count: 3 });
  expect(lined.map((row) => row.line)).toEqual([undefined, undefined, 3, undefined, undefined]);
  expect(lined.filter((row, index) => row !== rows[index])).toHaveLength(1);
  expect(rowsOf(shown([...messages, message(6)]), []).slice(0, 5).every((row, index) => row === rows[index])).toBe(true);
});

test("rows have a position if no entry is missing and all older ones are known to have a row", () => {
  expect(positionOf(shown(range(51, 100)), 52, 2)).toEqual({ first: 51, total: 102 });
  expect(positionOf(shown([...range(51, 60), ...range(62, 70)]), 19, 0)).toEqual({ first: 51, total: undefined });
  // Entry 61 is a reaction, which has no row.
  const reacted = { ...shown([...range(51, 60), ...range(62, 70)]), changes: [reaction(61, 55)] };
  expect(positionOf(reacted, 19, 0)).toEqual({ first: 51, total: undefined });
  const whole = { ...shown([...range(1, 10), ...range(12, 20)]), changes: [reaction(11, 5)], hasOlder: false };
  expect(positionOf(whole, 22, 3)).toEqual({ first: 1, total: 22 });
});

test("status changes stand at their seq, and notes after the entry that they follow", () => {
  const note = (deskSeq: number, afterSeq: number): DeskEntry => {
    return { conversationId: "cnv_a", deskSeq, changeId: `note_${deskSeq}`, by: shop, afterSeq, createdAt: "2026-03-01T09:31:00.000Z", type: "note", body: "" };
  };
  const desk = [note(1, 2), note(2, 4), note(3, 4), { ...note(4, 5), type: "escalated" } as unknown as DeskEntry];
  const all = { messages: [message(3), message(5)], changes: [reaction(4, 3), statusChange(6, "active", "closed")], desk, hasOlder: true };
  const unsent = [{ changeId: "later", conversationId: "cnv_a", note: { body: "" }, writtenAt: 9 }];
  // A note before the loaded part is shown with that part.
  expect(rowsOf(all, unsent).map(({ key }) => key)).toEqual(["msg_3", "note_2", "note_3", "msg_5", "change_6", "later"]);
  expect(rowsOf({ ...all, hasOlder: false }, unsent).map(({ key }) => key)).toEqual(["note_1", "msg_3", "note_2", "note_3", "msg_5", "change_6", "later"]);
  expect(rowsOf(all, []).map(({ note: shown, status }) => shown?.deskSeq ?? status?.to)).toEqual([undefined, 2, 3, undefined, "closed"]);
});

test("only scrolling up by hand stops following the newest message", () => {
  const end = { top: 900, size: 1_400, view: 500 };
  expect(isAtEnd(end)).toBe(true);
  expect(staysAtEnd(true, end, { ...end, top: 800 })).toBe(false);
  // Rows turned out smaller than estimated, or a row was added.
  expect(staysAtEnd(true, end, { top: 850, size: 1_350, view: 500 })).toBe(true);
  expect(staysAtEnd(true, end, { ...end, size: 1_600 })).toBe(true);
  expect(staysAtEnd(false, { ...end, top: 850 }, end)).toBe(true);
  expect(staysAtEnd(false, { ...end, top: 900 }, { ...end, top: 870 })).toBe(false);
});
