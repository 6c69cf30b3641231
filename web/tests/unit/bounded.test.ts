import { expect, test } from "vitest";
import { type StateChange, KEPT_MESSAGES, MOST_CONVERSATIONS, MOST_TIMELINES, reduce } from "../../src/client/reducer.ts";
import { type State, initial } from "../../src/client/state.ts";
import type { Conversation, Person } from "../../src/protocol.ts";
import { conversation, message, statusChange } from "./test-client.ts";

const GRACE: Person = { userId: "grace", role: "admin", name: "Grace" };

/** Returns a conversation whose last activity was `index` minutes after that of the first one. */
function conversationAt(index: number, parts: Partial<Conversation> = {}): Conversation {
  const lastActivityAt = new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString();
  return conversation(1, { id: `cnv_${index}`, lastActivityAt, unread: 1, ...parts });
}

/** Returns a state with `count` conversations that were added one after the other. */
function stateWith(count: number): State {
  let state = initial(GRACE);
  for (let index = 0; index < count; index += 1) state = reduce(state, { type: "conversation", conversation: conversationAt(index), at: index });
  return state;
}

/** Counts how many maps `work` copies, and the entries in them. */
function countCopies(work: () => void): { maps: number; entries: number } {
  const counted = { maps: 0, entries: 0 };
  const Original = globalThis.Map;
  globalThis.Map = class<Key, Value> extends Original<Key, Value> {
    constructor(entries?: Iterable<readonly [Key, Value]> | null) {
      super(entries);
      if (!(entries instanceof Original)) return;
      counted.maps += 1;
      counted.entries += entries.size;
    }
  };
  try {
    work();
  } finally {
    globalThis.Map = Original;
  }
  return counted;
}

test("the client keeps a limited number of conversations: the newest, the open one, and those with pending messages", () => {
  let state = reduce(stateWith(3), { type: "open", conversationId: "cnv_0" });
  const waiting = { clientMessageId: "id", conversationId: "cnv_1", body: "", writtenAt: 0 };
  state = reduce(state, { type: "outbox", pending: [waiting], unstored: false });
  for (let index = 3; index < 5 * MOST_CONVERSATIONS; index += 1) {
    state = reduce(state, { type: "pushed", event: { event: "conversation_updated", conversation: conversationAt(index), change: statusChange(1, "active", "archived") }, now: 0, at: index });
    expect(state.conversations.size).toBeLessThanOrEqual(MOST_CONVERSATIONS);
  }
  expect(["cnv_0", "cnv_1", "cnv_2", `cnv_${5 * MOST_CONVERSATIONS - 1}`].map((id) => state.conversations.has(id))).toEqual([true, true, false, true]);
  expect(state).toMatchObject({ truncated: true, olderCursor: undefined });
});

test("a page of a hundred conversations copies the map once", () => {
  const state = stateWith(500);
  const items = Array.from({ length: 100 }, (_, index) => conversationAt(450 + index));
  const page = { items, asOf: "2026-03-01T09:30:00.000Z" };
  const { maps } = countCopies(() => void reduce(state, { type: "list", page, asked: "since", at: 1_000 }));
  expect(maps).toBe(1);
});

test.each<[string, StateChange]>([
  ["a pushed message", { type: "pushed", event: { event: "new_message", conversationId: "cnv_7", message: message(2, "cnv_7") }, now: 0, at: 99_999 }],
  ["presence", { type: "pushed", event: { event: "presence", userId: "mia", role: "customer", online: true }, now: 0, at: 99_999 }],
  ["typing", { type: "pushed", event: { event: "user_typing", conversationId: "cnv_7", userId: "m", role: "customer", name: "M", expiresInMs: 5 }, now: 0, at: 99_999 }],
])("%s copies at most the limited list once, independent of the shop's size", (_, change) => {
  const state = stateWith(10 * MOST_CONVERSATIONS);
  const { maps, entries } = countCopies(() => void reduce(state, change));
  expect(maps).toBeLessThanOrEqual(1);
  expect(entries).toBeLessThanOrEqual(MOST_CONVERSATIONS);
});

test("only the newest messages of the last opened conversations are kept", () => {
  let state = stateWith(0);
  const messages = Array.from({ length: 1_000 }, (_, index) => message(index + 1, ""));
  for (let index = 0; index < 3 * MOST_TIMELINES; index += 1) {
    const id = `cnv_${index}`;
    state = reduce(state, { type: "open", conversationId: id });
    state = reduce(state, { type: "history", conversationId: id, page: { messages, changes: [], others: [], lastSeq: 1_000, hasMore: false }, asked: "newest" });
    expect(state.timelines.get(id)?.messages).toHaveLength(1_000);
  }
  state = reduce(state, { type: "open", conversationId: undefined });
  expect(state.timelines.size).toBeLessThanOrEqual(MOST_TIMELINES + 1);
  for (const { messages: kept, hasOlder } of state.timelines.values()) {
    expect([kept.length, kept.at(-1)?.seq, hasOlder]).toEqual([KEPT_MESSAGES, 1_000, true]);
  }
});
