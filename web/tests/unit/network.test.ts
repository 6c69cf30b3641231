import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeSocket, type Running, conversation, message, running } from "./world.ts";

let world: Running;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  world.client.stop();
  vi.useRealTimers();
});

test("the client goes offline and reconnects at once when the network changes", async () => {
  world = await running();
  world.client.networkChanged(false);
  expect(world.client.state.connection).toBe("offline");
  await vi.advanceTimersByTimeAsync(0);
  expect(world.client.state.connection).toBe("offline");
  world.server.answer = () => Promise.reject(new TypeError("no network"));
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(world.client.state.connection).toBe("offline");
  world.server.answer = () => undefined;
  world.client.networkChanged(true);
  await vi.advanceTimersByTimeAsync(20);
  expect(world.client.state.connection).toBe("online");
});

test("a hanging attempt is aborted when the network is back", async () => {
  world = await running();
  world.client.networkChanged(false);
  world.server.answer = () => new Promise(() => {});
  await vi.advanceTimersByTimeAsync(5_000);
  world.server.answer = () => undefined;
  world.client.networkChanged(true);
  await vi.advanceTimersByTimeAsync(20);
  expect(world.client.state.connection).toBe("online");
});

test("the client reconnects without an online event if offline was reported wrongly", async () => {
  world = await running();
  world.client.networkChanged(false);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(world.client.state.connection).toBe("online");
});

test("returning to the tab sends a ping only if no frame has arrived recently", async () => {
  world = await running();
  const before = world.sentFrames("ping").length;
  for (let look = 0; look < 3; look += 1) world.client.checkConnection();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(world.sentFrames("ping")).toHaveLength(before);
  await vi.advanceTimersByTimeAsync(6_000);
  for (let look = 0; look < 3; look += 1) world.client.checkConnection();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(world.sentFrames("ping")).toHaveLength(before + 1);
});

test("a connection that does not answer a ping is replaced after three seconds", async () => {
  world = await running();
  await vi.advanceTimersByTimeAsync(6_000);
  world.client.checkConnection();
  await vi.advanceTimersByTimeAsync(3_900);
  expect(FakeSocket.opened).toHaveLength(2);
});

test("switching the conversation joins once, and reopening the same one does not join again", async () => {
  world = await running({ conversation: (id) => conversation(1, { id, unread: 0 }), history: (_, id) => ({ messages: [message(1, id)], lastSeq: 1, hasMore: false }) });
  const answer = () => {
    for (const { requestId, action, conversationId } of world.socket().sent.splice(0)) {
      if (action === "ping") continue;
      frames.push(`${String(action)} ${String(conversationId)}`);
      world.socket().receive({ event: "ack", requestId });
    }
  };
  const frames: string[] = [];
  const turn = async () => {
    await vi.advanceTimersByTimeAsync(10);
    answer();
    await vi.advanceTimersByTimeAsync(10);
    answer();
  };
  void world.client.open("cnv_a");
  await turn();
  world.client.close("cnv_a");
  void world.client.open("cnv_b");
  await turn();
  expect(frames).toEqual(["join_conversation cnv_a", "join_conversation cnv_b"]);
  // React's strict mode runs effects twice, so it closes and opens a conversation once more.
  world.client.close("cnv_b");
  void world.client.open("cnv_b");
  await turn();
  expect(frames).toHaveLength(2);
  world.client.close("cnv_b");
  await turn();
  expect(frames.slice(2)).toEqual(["leave_conversation cnv_b"]);
});

test("after a reconnect the held conversations are fetched again up to a limit, and the rest are removed", async () => {
  const all = Array.from({ length: 700 }, (_, index) => {
    const lastActivityAt = new Date(Date.UTC(2026, 2, 1) - index * 60_000).toISOString();
    return conversation(1, { id: `cnv_${index}`, unread: 1, lastActivityAt });
  });
  let status: "active" | "archived" = "active";
  const list = (query: URLSearchParams) => {
    if (query.has("since")) return {};
    const [from, limit] = [Number(query.get("cursor") ?? 0), Number(query.get("limit"))];
    const items = all.slice(from, from + limit).map((each) => ({ ...each, status }));
    return { items, nextCursor: from + limit < all.length ? String(from + limit) : undefined };
  };
  world = await running({ list });
  while (world.client.state.olderCursor !== undefined) await Promise.all([world.client.loadMoreConversations(), vi.advanceTimersByTimeAsync(10)]);
  expect(world.client.state.conversations.size).toBe(700);
  status = "archived";
  world.asked.length = 0;
  world.socket().close();
  await vi.advanceTimersByTimeAsync(2_000);
  const { conversations, olderCursor } = world.client.state;
  expect(conversations.size).toBe(400);
  expect([...conversations.values()].filter((entry) => entry.conversation.status === "active")).toEqual([]);
  expect(olderCursor).toBe("400");
  expect(world.asked.filter((path) => path.includes("conversations?"))).toHaveLength(4);
});

test("a page of the list is requested once, also if it is scrolled to again meanwhile", async () => {
  world = await running({ list: (query) => ({ items: [], nextCursor: query.has("since") ? undefined : "more" }) });
  world.asked.length = 0;
  void world.client.loadMoreConversations();
  void world.client.loadMoreConversations();
  await vi.advanceTimersByTimeAsync(10);
  expect(world.asked.filter((path) => path.includes("cursor=more"))).toHaveLength(1);
});
