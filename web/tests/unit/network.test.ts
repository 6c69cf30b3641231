import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeSocket, type StartedClient, conversation, message, startClient } from "./test-client.ts";

let started: StartedClient;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  started.client.stop();
  vi.useRealTimers();
});

test("the client goes offline and reconnects at once when the network changes", async () => {
  started = await startClient();
  started.client.networkChanged(false);
  expect(started.client.state.connection).toBe("offline");
  await vi.advanceTimersByTimeAsync(0);
  expect(started.client.state.connection).toBe("offline");
  started.server.answer = () => Promise.reject(new TypeError("no network"));
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(started.client.state.connection).toBe("offline");
  started.server.answer = () => undefined;
  started.client.networkChanged(true);
  await vi.advanceTimersByTimeAsync(20);
  expect(started.client.state.connection).toBe("online");
});

test("a hanging attempt is aborted when the network is back", async () => {
  started = await startClient();
  started.client.networkChanged(false);
  started.server.answer = () => new Promise(() => {});
  await vi.advanceTimersByTimeAsync(5_000);
  started.server.answer = () => undefined;
  started.client.networkChanged(true);
  await vi.advanceTimersByTimeAsync(20);
  expect(started.client.state.connection).toBe("online");
});

test("the client reconnects without an online event if offline was reported wrongly", async () => {
  started = await startClient();
  started.client.networkChanged(false);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(started.client.state.connection).toBe("online");
});

test("returning to the tab sends a ping only if no frame has arrived recently", async () => {
  started = await startClient();
  const before = started.sentFrames("ping").length;
  for (let look = 0; look < 3; look += 1) started.client.checkConnection();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(started.sentFrames("ping")).toHaveLength(before);
  await vi.advanceTimersByTimeAsync(6_000);
  for (let look = 0; look < 3; look += 1) started.client.checkConnection();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(started.sentFrames("ping")).toHaveLength(before + 1);
});

test("a connection that does not answer a ping is replaced after three seconds", async () => {
  started = await startClient();
  await vi.advanceTimersByTimeAsync(6_000);
  started.client.checkConnection();
  await vi.advanceTimersByTimeAsync(3_900);
  expect(FakeSocket.opened).toHaveLength(2);
});

test("a connection on which frames come all the time asks every four minutes", async () => {
  started = await startClient();
  let asked = 0;
  for (let passed = 0; passed < 20 * 60_000; passed += 1_000) {
    for (const { action, requestId, asOf } of started.socket().sent.splice(0)) {
      if (action === "ping" && asOf !== undefined) asked += 1;
      started.socket().receive({ event: "ack", requestId, serverTime: new Date().toISOString(), changed: false });
    }
    started.socket().receive({ event: "user_typing", conversationId: "cnv_a", userId: "m", role: "customer", name: "M", expiresInMs: 500 });
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(FakeSocket.opened).toHaveLength(1);
  expect([5, 6]).toContain(asked);
});

test("switching the conversation joins once, and reopening the same one does not join again", async () => {
  started = await startClient({ conversation: (id) => conversation(1, { id, unread: 0 }), history: (_, id) => ({ messages: [message(1, id)], changes: [], others: [], lastSeq: 1, hasMore: false }) });
  const answer = () => {
    for (const { requestId, action, conversationId } of started.socket().sent.splice(0)) {
      if (action === "ping") continue;
      frames.push(`${String(action)} ${String(conversationId)}`);
      started.socket().receive({ event: "ack", requestId });
    }
  };
  const frames: string[] = [];
  const turn = async () => {
    await vi.advanceTimersByTimeAsync(10);
    answer();
    await vi.advanceTimersByTimeAsync(10);
    answer();
  };
  void started.client.open("cnv_a");
  await turn();
  started.client.close("cnv_a");
  void started.client.open("cnv_b");
  await turn();
  expect(frames).toEqual(["join_conversation cnv_a", "join_conversation cnv_b"]);
  // React's strict mode runs effects twice, so it closes and opens a conversation once more.
  started.client.close("cnv_b");
  void started.client.open("cnv_b");
  await turn();
  expect(frames).toHaveLength(2);
  started.client.close("cnv_b");
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
  started = await startClient({ list });
  while (started.client.state.olderCursor !== undefined) await Promise.all([started.client.loadMoreConversations(), vi.advanceTimersByTimeAsync(10)]);
  expect(started.client.state.conversations.size).toBe(700);
  status = "archived";
  started.asked.length = 0;
  started.socket().close();
  await vi.advanceTimersByTimeAsync(2_000);
  const { conversations, olderCursor } = started.client.state;
  expect(conversations.size).toBe(400);
  expect([...conversations.values()].filter((entry) => entry.conversation.status === "active")).toEqual([]);
  expect(olderCursor).toBe("400");
  expect(started.asked.filter((path) => path.includes("conversations?"))).toHaveLength(4);
});

test("a page of the list is requested once, also if it is scrolled to again meanwhile", async () => {
  started = await startClient({ list: (query) => ({ items: [], nextCursor: query.has("since") ? undefined : "more" }) });
  started.asked.length = 0;
  void started.client.loadMoreConversations();
  void started.client.loadMoreConversations();
  await vi.advanceTimersByTimeAsync(10);
  expect(started.asked.filter((path) => path.includes("cursor=more"))).toHaveLength(1);
});
