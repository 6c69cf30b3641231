import { expect, test } from "vitest";
import { EMPTY_TIMELINE, MOST_OUTSIDE, changesAfter, gaplessSeq, hasGap, messageAt, newest, oldestSeq, withChanges, withHistory, withMessages } from "../../src/client/timeline.ts";
import type { Change, History } from "../../src/protocol.ts";
import { edit, message, reaction, statusChange } from "./test-client.ts";

const messages = (...seqs: number[]) => seqs.map((seq) => message(seq));
const seqs = (timeline: typeof EMPTY_TIMELINE) => timeline.messages.map(({ seq }) => seq);

test("messages are ordered by seq without duplicates", () => {
  const timeline = withMessages(EMPTY_TIMELINE, messages(5, 3, 4, 3, 5, 9));
  expect(seqs(timeline)).toEqual([3, 4, 5, 9]);
  expect(withMessages(timeline, messages(4, 9))).toBe(timeline);
});

test("the gapless seq counts from the first held message", () => {
  expect(gaplessSeq(EMPTY_TIMELINE)).toBe(0);
  expect(gaplessSeq(withMessages(EMPTY_TIMELINE, messages(8, 9, 10)))).toBe(10);
  expect(gaplessSeq(withMessages(EMPTY_TIMELINE, messages(8, 9, 12)))).toBe(9);
});

test("a gap is a missing message between or after the held ones", () => {
  const loaded = withHistory(EMPTY_TIMELINE, { messages: messages(8, 9), changes: [], others: [], lastSeq: 9, hasMore: true }, "newest");
  expect(hasGap(loaded, 9)).toBe(false);
  expect(hasGap(loaded, 10)).toBe(true);
  expect(hasGap(withMessages(loaded, messages(11)), 9)).toBe(true);
});

test("older pages are added until there are none", () => {
  const newest = withHistory(EMPTY_TIMELINE, { messages: messages(3, 4), changes: [], others: [], lastSeq: 4, hasMore: true }, "newest");
  expect(newest.hasOlder).toBe(true);
  const after = withHistory(newest, { messages: messages(5), changes: [], others: [], lastSeq: 5, hasMore: false }, "after");
  expect(after.hasOlder).toBe(true);
  const all = withHistory(after, { messages: messages(1, 2), changes: [], others: [], lastSeq: 5, hasMore: false }, "before");
  expect(all.hasOlder).toBe(false);
  expect(seqs(all)).toEqual([1, 2, 3, 4, 5]);
});

const page = (from: number, to: number, parts: Partial<History> = {}): History => {
  const seqs = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return { messages: messages(...seqs), changes: [], others: [], lastSeq: to, hasMore: from > 1, ...parts };
};

test("the gapless seq counts messages and changes", () => {
  const timeline = withHistory(EMPTY_TIMELINE, page(3, 4, { changes: [reaction(5, 3), statusChange(6, "active", "closed")], lastSeq: 6 }), "newest");
  expect(gaplessSeq(timeline)).toBe(6);
  expect(hasGap(timeline, 6)).toBe(false);
  expect(gaplessSeq(withChanges(timeline, [reaction(8, 3)]))).toBe(6);
  expect(gaplessSeq(withMessages(withChanges(timeline, [reaction(8, 3)]), messages(7)))).toBe(8);
  // A change of a later release counts too.
  expect(gaplessSeq(withChanges(timeline, [{ ...reaction(7, 3), type: "pinned" } as unknown as Change]))).toBe(7);
  expect([changesAfter(timeline, 4), changesAfter(timeline, 5), changesAfter(timeline, 3)]).toEqual([2, 1, 0]);
});

test("a page of nothing but changes is loaded, and older pages follow it", () => {
  const changes = [reaction(8, 2), reaction(9, 2)];
  const newestPage = withHistory(EMPTY_TIMELINE, { messages: [], changes, others: [message(2)], lastSeq: 9, hasMore: true }, "newest");
  expect([oldestSeq(newestPage), gaplessSeq(newestPage), newestPage.loaded, newestPage.hasOlder]).toEqual([8, 9, true, true]);
  expect(messageAt(newestPage, 2)).toEqual(message(2));
  const all = withHistory(newestPage, page(1, 7), "before");
  expect([seqs(all), gaplessSeq(all), all.hasOlder, all.outside.size]).toEqual([[1, 2, 3, 4, 5, 6, 7], 9, false, 0]);
});

test("a changed message outside the loaded part is kept for the page that brings an older version", () => {
  const loaded = withHistory(EMPTY_TIMELINE, page(51, 100), "newest");
  const edited = { ...message(20), body: "Edited", changedSeq: 101 };
  const changed = withChanges(withMessages(loaded, [edited]), [edit(101, 20)]);
  expect(seqs(changed)[0]).toBe(51);
  expect(withHistory(changed, page(1, 50), "before").messages[19]).toEqual(edited);
  expect(withHistory(loaded, page(1, 50), "before").messages[19]).toEqual(message(20));
  expect(withMessages(changed, [message(20), { ...message(20), changedSeq: 60 }])).toBe(changed);
});

test("the number of messages outside the loaded part is limited, and a shortened timeline keeps what it quotes", () => {
  let timeline = withHistory(EMPTY_TIMELINE, page(5_001, 5_010), "newest");
  for (let seq = 1; seq <= 2 * MOST_OUTSIDE; seq += 1) timeline = withMessages(timeline, [message(seq)]);
  expect(timeline.outside.size).toBe(MOST_OUTSIDE);
  const long = withHistory(EMPTY_TIMELINE, page(1, 300, { messages: page(1, 300).messages.map((each) => (each.seq === 290 ? { ...each, replyTo: 7 } : each)) }), "newest");
  const short = newest(withChanges(long, [reaction(301, 4)]), 50);
  expect([seqs(short)[0], gaplessSeq(short), short.hasOlder]).toEqual([252, 301, true]);
  expect(messageAt(short, 7)).toEqual(message(7));
});
