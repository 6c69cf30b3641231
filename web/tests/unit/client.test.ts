import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ChatClient } from "../../src/client/client.ts";
import type { PushedEvent } from "../../src/client/socket.ts";
import type { Conversation, History } from "../../src/protocol.ts";
import { FakeSocket, conversation, message, testEnvironment } from "./test-client.ts";

const ME = { userId: "grace", role: "admin", name: "Grace" } as const;

/** The test's server. Other requests fail. */
let server: {
  list(query: URLSearchParams): { items?: Conversation[]; nextCursor?: string | undefined; asOf?: string };
  conversation(id: string): Conversation | undefined;
  history(query: URLSearchParams): History | undefined;
};
/** The URLs of all REST requests. */
let requests: string[];
/** The delay of a list request, in milliseconds. Other requests take 1 ms. */
let listDelay: number;
let client: ChatClient;

function answer(path: string): object | undefined {
  const url = new URL(path);
  const [, id, messages] = /conversations\/([^/]+)(\/messages)?/.exec(url.pathname) ?? [];
  if (url.pathname.endsWith("/ticket")) return { url: "ws://test/", user: ME, serverTime: new Date().toISOString() };
  if (id === undefined) return { items: [], asOf: "2026-03-01T09:30:00.000Z", ...server.list(url.searchParams) };
  if (messages !== undefined) return server.history(url.searchParams) ?? { code: "not_found" };
  const found = server.conversation(id);
  return found && { conversation: found };
}

async function start(): Promise<void> {
  const environment = testEnvironment({
    fetch: (input) => {
      requests.push(String(input));
      const body = requests.length < 100 ? answer(String(input)) : undefined;
      if (body === undefined) throw new TypeError("no network");
      const takes = String(input).includes("conversations?") ? listDelay : 1;
      return new Promise((resolve) => setTimeout(() => resolve(Response.json(body, { status: "code" in body ? 404 : 200 })), takes));
    },
  });
  client = new ChatClient(environment, { me: ME, token: "h.e30.s", renew: () => Promise.resolve(undefined) });
  client.start();
  await vi.advanceTimersByTimeAsync(10);
}

/** Returns the newest WebSocket. */
function socket(): FakeSocket {
  const newest = FakeSocket.opened.at(-1);
  if (newest === undefined) throw new Error("no socket was opened");
  return newest;
}

/** Advances the clock on a connection that answers only `ping`. */
async function advanceSeconds(seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 1) {
    const requestId = socket().sent.findLast(({ action }) => action === "ping")?.["requestId"];
    socket().receive({ event: "ack", requestId, serverTime: "" });
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

/** Opens a conversation and waits until it is loaded. */
async function open(id: string): Promise<void> {
  void client.open(id);
  await vi.advanceTimersByTimeAsync(10);
}

/** Returns the frames with this action that were sent on the newest connection. */
const sentFrames = (action: string) => socket().sent.filter((frame) => frame["action"] === action);

/** Returns the number of list requests. */
const listRequests = () => requests.filter((path) => path.includes("conversations?")).length;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
  [requests, listDelay] = [[], 1];
  server = {
    list: () => ({}),
    conversation: () => undefined,
    history: () => ({ messages: [], changes: [], others: [], lastSeq: 0, hasMore: false }),
  };
});
afterEach(() => {
  client.stop();
  vi.useRealTimers();
});

const { order } = conversation(1);
test.each<[PushedEvent["event"], (seq: number) => object]>([
  ["new_message", () => ({ conversationId: "cnv_far" })],
  ["order_message_update", (lastSeq) => ({ conversationId: "cnv_far", order, lastSeq })],
  ["order_updated", (lastSeq) => ({ order, lastSeq })],
])("a burst of %s events for an unknown conversation fetches it once and loses nothing", async (event, parts) => {
  await start();
  // The conversation was read before the last message was stored.
  server.conversation = (id) => conversation(3, { id, unread: 3 });
  for (const seq of [2, 3, 4]) socket().receive({ event, message: message(seq, "cnv_far"), ...parts(seq) });
  await advanceSeconds(1);
  expect(requests.filter((path) => path.endsWith("cnv_far"))).toHaveLength(1);
  expect(client.state.conversations.get("cnv_far")).toMatchObject({ conversation: { lastSeq: 4 }, unread: 4, stale: false });
});

test.each([
  ["works", 0],
  ["fails", 1],
])("after a reconnect a changed status is fetched with one request, if the first sync %s", async (_, failures) => {
  const held = (parts: Partial<Conversation>, nextCursor: string, failing = 0) => (query: URLSearchParams) => {
    if ((failing -= 1) >= 0) throw new TypeError("no network");
    return query.has("since") ? {} : { items: [conversation(1, parts)], nextCursor };
  };
  server.list = held({ unread: 1 }, "older");
  await start();
  server.list = held({ unread: 0, status: "archived" }, "other", failures);
  requests = [];
  socket().close();
  await vi.advanceTimersByTimeAsync(1_000);
  await advanceSeconds(8);
  expect(client.state.conversations.get("cnv_a")).toMatchObject({ conversation: { status: "archived" }, unread: 0 });
  expect(client.state.olderCursor).toBe("other");
  expect(listRequests()).toBe(failures + 1);
  await advanceSeconds(5);
  expect(listRequests()).toBe(failures + 2);
});

test("events missed in a second loss are fetched although the first sync is still running", async () => {
  server.list = () => ({ items: [conversation(1, { unread: 1 })] });
  await start();
  listDelay = 5_000;
  for (const status of ["active", "archived"] as const) {
    server.list = (query) => (query.has("since") ? {} : { items: [conversation(1, { unread: 1, status })] });
    socket().close();
    await vi.advanceTimersByTimeAsync(1_000);
  }
  await advanceSeconds(20);
  expect(client.state.conversations.get("cnv_a")?.conversation.status).toBe("archived");
});

test("a join or leave without an answer is sent again, unless it is refused", async () => {
  server.conversation = (id) => conversation(1, { id, unread: 1 });
  await start();
  await open("cnv_a");
  await advanceSeconds(22);
  expect(sentFrames("join_conversation")).toHaveLength(3);
  socket().receive({ event: "ack", requestId: sentFrames("join_conversation")[0]?.["requestId"] });
  socket().receive({ event: "ack", requestId: sentFrames("join_conversation")[2]?.["requestId"] });
  client.close("cnv_a");
  await advanceSeconds(22);
  expect(sentFrames("leave_conversation").map((frame) => frame["conversationId"])).toEqual(["cnv_a", "cnv_a", "cnv_a"]);
  socket().receive({ event: "error", requestId: sentFrames("leave_conversation")[2]?.["requestId"], code: "not_found", message: "" });
  await advanceSeconds(60);
  expect(sentFrames("leave_conversation")).toHaveLength(3);
});

test("messages that the server does not have are requested once", async () => {
  server.conversation = (id) => conversation(3, { id, unread: 3 });
  server.history = () => ({ messages: [1, 2, 3].map((seq) => message(seq)), changes: [], others: [], lastSeq: 3, hasMore: false });
  await start();
  await open("cnv_a");
  requests = [];
  server.history = () => ({ messages: [message(5)], changes: [], others: [], lastSeq: 6, hasMore: true });
  socket().receive({ event: "new_message", conversationId: "cnv_a", message: message(5) });
  await advanceSeconds(2);
  expect(requests.filter((path) => path.includes("after=3"))).toHaveLength(1);
});

test("a missing conversation is not requested repeatedly, and the rest is synced", async () => {
  let syncs = 0;
  server.list = () => ({ asOf: `2026-03-01T09:30:00.00${(syncs += 1)}Z` });
  server.conversation = (id) => conversation(1, { id, unread: 1 });
  server.history = () => undefined;
  await start();
  client.open("cnv_a").catch(() => undefined);
  await advanceSeconds(60);
  expect(requests.filter((path) => path.includes("/messages")).length).toBeLessThanOrEqual(3);
  expect(syncs).toBeGreaterThan(1);
  expect(client.state).toMatchObject({ asOf: `2026-03-01T09:30:00.00${syncs}Z`, failure: undefined });
});

test("a failed sync is repeated with back-off until it works", async () => {
  await start();
  server.list = () => {
    throw new TypeError("no network");
  };
  requests = [];
  void client.sync();
  await advanceSeconds(60);
  expect(listRequests()).toBeLessThanOrEqual(8);
  server.list = () => ({ items: [conversation(1, { unread: 1 })] });
  await advanceSeconds(30);
  expect(client.state.conversations.size).toBe(1);
  const before = listRequests();
  await advanceSeconds(30);
  expect(listRequests() - before).toBeLessThanOrEqual(1);
});

test("a stopped client sends no more requests", async () => {
  server.conversation = (id) => conversation(3, { id, unread: 3 });
  server.history = () => ({ messages: [message(3)], changes: [], others: [], lastSeq: 3, hasMore: false });
  server.list = (query) => ({ nextCursor: query.get("cursor") === "2" ? undefined : String(Number(query.get("cursor")) + 1) });
  for (let milliseconds = 0; milliseconds < 300; milliseconds += 1) {
    requests = [];
    await start();
    await open("cnv_a");
    for (const id of ["cnv_a", "cnv_far"]) socket().receive({ event: "new_message", conversationId: id, message: message(5, id) });
    void client.sync();
    await vi.advanceTimersByTimeAsync(milliseconds);
    client.stop();
    const before = requests.length;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(requests.slice(before), `after ${milliseconds} ms`).toEqual([]);
  }
});
