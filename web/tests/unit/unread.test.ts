import { expect, test } from "vitest";
import { unreadOf, unreadText } from "../../src/app/unread.ts";
import type { ConversationEntry } from "../../src/client/index.ts";
import { conversation } from "./test-client.ts";

const entry = (id: string, unread: number): [string, ConversationEntry] => [id, { conversation: conversation(unread, { id }), unread, stale: false, presenceAt: 0 }];
const held = new Map([entry("cnv_a", 3), entry("cnv_b", 46)]);

test.each([
  [{ count: 0, more: false }, ""],
  [{ count: 0, more: true }, ""],
  [{ count: 49, more: false }, "49"],
  [{ count: 49, more: true }, "49+"],
  [{ count: 99, more: false }, "99"],
  [{ count: 99, more: true }, "99+"],
  [{ count: 100, more: false }, "99+"],
])("the text of %j is %j", (unread, text) => expect(unreadText(unread)).toBe(text));

test("the unread sum is marked as incomplete while older orders are not held", () => {
  expect(unreadOf({ conversations: held, olderCursor: undefined, truncated: false })).toEqual({ count: 49, more: false });
  expect(unreadOf({ conversations: held, olderCursor: "older", truncated: false })).toEqual({ count: 49, more: true });
  expect(unreadOf({ conversations: held, olderCursor: undefined, truncated: true })).toEqual({ count: 49, more: true });
  expect(unreadOf({ conversations: held, olderCursor: undefined, truncated: false }, "cnv_b")).toEqual({ count: 3, more: false });
});
