import { expect, test } from "vitest";
import { EMPTY_TIMELINE, gaplessSeq, hasGap, withHistory, withMessages } from "../../src/client/timeline.ts";
import { message } from "./test-client.ts";

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
