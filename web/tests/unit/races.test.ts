import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStorage } from "../../src/app/memory-storage.ts";
import { ApiError, NetworkError } from "../../src/client/errors.ts";
import { Outbox, type PendingMessage } from "../../src/client/outbox.ts";
import { reduce } from "../../src/client/reducer.ts";
import { initial } from "../../src/client/state.ts";
import type { Ack, Frame } from "../../src/client/socket.ts";
import type { Message, Person } from "../../src/protocol.ts";
import { FakeSocket, SharedLocks, conversation, message, startClient, testEnvironment } from "./test-client.ts";

const ME: Person = { userId: "mia", role: "customer", name: "Mia" };
let stored: Message[] = [];
let frames: Extract<Frame, { action: "send_message" }>[] = [];
let answers: (string)[] = [];
async function request(frame: Frame): Promise<Ack> {
  if (frame.action !== "send_message") throw new Error("x");
  frames.push(frame);
  await new Promise((d) => setTimeout(d, 5));
  const answer = answers.shift() ?? "ack";
  if (answer !== "ack" && answer !== "lost") throw new ApiError("no", { code: answer as never });
  let m = stored.find(({ clientMessageId }) => clientMessageId === frame.clientMessageId);
  const duplicate = m !== undefined;
  if (m === undefined) {
    const seq = stored.length + 1;
    m = { conversationId: frame.conversationId, seq, id: `msg_${seq}`, clientMessageId: frame.clientMessageId, sender: ME, kind: "text", body: frame.body, createdAt: "" };
    stored.push(m);
  }
  if (answer === "lost") throw new NetworkError("lost");
  return { event: "ack", requestId: "1", message: m, duplicate };
}
function tab(storage: Storage, { open = true, locks, known = false }: { open?: boolean; locks?: SharedLocks; known?: boolean } = {}) {
  const connection = { open };
  const shown: { pending: readonly PendingMessage[]; sent: string[] } = { pending: [], sent: [] };
  const outbox = new Outbox(testEnvironment({ storage, ...(locks && { locks: locks as unknown as LockManager }) }), ME,
    { get open() { return connection.open; }, request }, {
    changed: (pending) => Object.assign(shown, { pending }),
    sent: (m) => shown.sent.push(m.body),
    stored: (p) => known ? stored.find((m) => m.clientMessageId === p.clientMessageId) : undefined,
    seenSeq: (p) => Promise.resolve(p.seenSeq),
  });
  outbox.start();
  return { outbox, shown, connection };
}
beforeEach(() => { vi.useFakeTimers(); stored = []; frames = []; answers = []; });
afterEach(() => vi.useRealTimers());

test("a suspended tab does not send what another tab discarded more than a minute ago", async () => {
  const storage = new MemoryStorage();
  const writer = tab(storage, { open: false });
  writer.outbox.add("cnv_a", "never mind", 1);
  const id = writer.outbox.pending[0]!.clientMessageId;
  // The writer's tab is suspended here: it gets no storage event.
  const other = tab(storage, { open: false });
  other.outbox.discard(id);
  await vi.advanceTimersByTimeAsync(61_000);
  other.outbox.add("cnv_b", "another", 1);
  writer.connection.open = true;
  writer.outbox.storageChanged(null);
  writer.outbox.flush();
  await vi.advanceTimersByTimeAsync(500);
  expect(stored.map((m) => m.body)).not.toContain("never mind");
});

test("a message that a tab of an old release discards (it removes only the key) is not sent", async () => {
  const storage = new MemoryStorage();
  const writer = tab(storage, { open: false });
  writer.outbox.add("cnv_a", "never mind", 1);
  const id = writer.outbox.pending[0]!.clientMessageId;
  const key = `order-chat/outbox/customer/mia/${id}`;
  storage.removeItem(key);
  writer.outbox.storageChanged(key);
  writer.connection.open = true; writer.outbox.flush();
  await vi.advanceTimersByTimeAsync(500);
  expect(frames).toEqual([]);
});

test("a discard in a full storage reaches the other tab", async () => {
  const storage = new MemoryStorage();
  const writer = tab(storage, { open: false });
  writer.outbox.add("cnv_a", "never mind", 1);
  const other = tab(storage, { open: false });
  const spy = vi.spyOn(storage, "setItem").mockImplementation((k, v) => {
    if (storage.length > 0) throw new Error("full");
    MemoryStorage.prototype.setItem.call(storage, k, v);
  });
  other.outbox.discard(writer.outbox.pending[0]!.clientMessageId);
  spy.mockRestore();
  writer.connection.open = true; writer.outbox.flush();
  await vi.advanceTimersByTimeAsync(500);
  expect(frames).toEqual([]);
});

test("a reloaded tab keeps showing what another tab sends", async () => {
  const storage = new MemoryStorage();
  const before = tab(storage, { open: false });
  before.outbox.add("cnv_a", "hello", 1); before.outbox.stop();
  const reloaded = tab(storage, { open: false });
  expect(reloaded.shown.pending).toHaveLength(1);
  const sender = tab(storage);
  await vi.advanceTimersByTimeAsync(50);
  expect(sender.shown.sent).toEqual(["hello"]);
  const id = stored[0]!.clientMessageId!;
  reloaded.outbox.storageChanged(`order-chat/outcomes/customer/mia/${id}`);
  reloaded.outbox.storageChanged(`order-chat/outbox/customer/mia/${id}`);
  expect([reloaded.shown.pending.length, ...new Set(reloaded.shown.sent)]).toEqual([0, "hello"]);
});

test("a sent message's text does not stay in the storage", async () => {
  const storage = new MemoryStorage();
  const { outbox } = tab(storage);
  outbox.add("cnv_a", "secret", 1);
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  outbox.stop();
  expect(JSON.stringify(Array.from({ length: storage.length }, (_, i) => storage.getItem(storage.key(i)!)))).not.toContain("secret");
});

test("a message has not failed after one error, an hour offline, and two more errors", async () => {
  const { outbox, connection } = tab(new MemoryStorage());
  answers = ["internal", "internal", "internal"];
  outbox.add("cnv_a", "hi", 1);
  await vi.advanceTimersByTimeAsync(10);
  connection.open = false;
  await vi.advanceTimersByTimeAsync(3_600_000);
  connection.open = true;
  outbox.connected();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(outbox.pending.map((p) => p.failed)).toEqual([]);
  expect(stored).toHaveLength(1);
});

test("with a suspended tab the outbox waits for the lock once, not for each message", async () => {
  const storage = new MemoryStorage(); const locks = new SharedLocks();
  locks.suspendHolder("order-chat/outbox/customer/mia/cnv_a");
  const { outbox } = tab(storage, { locks });
  for (let i = 0; i < 10; i += 1) outbox.add("cnv_a", String(i), 1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(stored).toHaveLength(10);
});

test("a failed message that the history contains is removed from the outbox", async () => {
  const storage = new MemoryStorage();
  // The server stores the message and its answers are lost. After the message has failed, the
  // history contains it.
  answers = Array.from({ length: 30 }, () => "lost");
  const unaware = tab(storage);
  unaware.outbox.add("cnv_a", "hi", 1);
  await vi.advanceTimersByTimeAsync(180_000);
  expect(unaware.outbox.pending[0]?.failed).toBeDefined();
  expect(stored).toHaveLength(1);
  const again = tab(storage, { known: true });
  again.outbox.flush();
  await vi.advanceTimersByTimeAsync(1000);
  expect(again.outbox.pending).toEqual([]);
});

test("a retry in one conversation does not shorten the back-off of another", async () => {
  const { outbox } = tab(new MemoryStorage());
  answers = Array.from({ length: 100 }, () => "internal");
  outbox.add("cnv_a", "bad", 1);
  await vi.advanceTimersByTimeAsync(5_000);
  const before = frames.filter((f) => f.body === "bad").length;
  for (let i = 0; i < 20; i += 1) { answers = []; 
    answers = ["internal", "ack"]; outbox.add("cnv_b", `x${i}`, 1); await vi.advanceTimersByTimeAsync(50); }
  expect(frames.filter((f) => f.body === "bad").length - before).toBeLessThan(5);
});

const ack = (s: FakeSocket, f: Record<string, unknown>, more: object = {}) => s.receive({ event: "ack", requestId: f["requestId"], ...more });

test("the new socket joins if the connection is replaced during a join", async () => {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const token = `h.${btoa(JSON.stringify({ exp }))}.s`;
  const started = await startClient({ list: () => ({ items: [conversation(1, { unread: 0 })] }), history: () => ({ messages: [message(1)], lastSeq: 1, hasMore: false }) },
    { token, renew: () => Promise.resolve(`h.${btoa(JSON.stringify({ exp: exp + 36000 }))}.s`) });
  const first = started.socket();
  const tick = setInterval(() => { for (const f of first.sent.splice(0)) { if (f["action"] === "ping") ack(first, f, { serverTime: new Date().toISOString() }); else if (f["action"] === "join_conversation") held.push(f); else ack(first, f); } }, 500);
  const held: Record<string, unknown>[] = [];
  while (FakeSocket.opened.length < 2) {
    await vi.advanceTimersByTimeAsync(900);
    if (held.length === 0 && vi.getMockedSystemTime()! .valueOf() > (exp - 130) * 1000) { void started.client.open("cnv_a").catch(() => 0); }
  }
  await vi.advanceTimersByTimeAsync(5);
  expect(held.length).toBeGreaterThan(0);
  for (const f of held) ack(first, f);
  await vi.advanceTimersByTimeAsync(3_000);
  clearInterval(tick);
  expect(FakeSocket.opened).toHaveLength(2);
  expect(started.sentFrames("join_conversation")).toHaveLength(1);
  started.client.stop();
});

test("start after the end of the session stays expired", async () => {
  const started = await startClient({ answer: (p) => p.endsWith("/ticket") ? Response.json({ message: "Forbidden" }, { status: 403 }) : undefined }, { renew: () => Promise.resolve("h.e30.t") });
  await vi.advanceTimersByTimeAsync(1000);
  expect(started.client.state.connection).toBe("expired");
  started.client.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(started.client.state.connection).toBe("expired");
  started.client.stop();
});

test("a proxy's HTML 403 response does not end the session", async () => {
  const started = await startClient({ answer: () => new Response("<html>blocked</html>", { status: 403 }) }, { renew: () => Promise.resolve("h.e30.t") });
  await vi.advanceTimersByTimeAsync(5000);
  expect(started.client.state.connection).not.toBe("expired");
  started.client.stop();
});

test("a pending read receipt is sent after stop and start", async () => {
  const c = conversation(1, { unread: 1 });
  const started = await startClient({ list: () => ({ items: [c] }), history: () => ({ messages: [message(1)], lastSeq: 1, hasMore: false }) });
  void started.client.open("cnv_a").catch(() => 0);
  await vi.advanceTimersByTimeAsync(100);
  started.client.networkChanged(false);
  started.client.markRead("cnv_a");
  started.client.stop(); started.client.start();
  await vi.advanceTimersByTimeAsync(2_000);
  started.client.markRead("cnv_a");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(started.sentFrames("message_read").length).toBeGreaterThan(0);
  started.client.stop();
});

test("a new conversation whose first fetch fails is still fetched in a busy shop", async () => {
  let fail = 1;
  const news = conversation(2, { id: "cnv_new", unread: 1 });
  const started = await startClient({ list: (q) => ({ items: q.has("since") ? [news] : [conversation(1, { unread: 0 })] }), conversation: (id) => (id === "cnv_new" ? news : undefined),
    answer: (p) => (p.endsWith("/cnv_new") && fail-- > 0 ? Response.json({ code: "internal" }, { status: 500 }) : undefined) });
  await vi.advanceTimersByTimeAsync(1000);
  started.server.list = (q) => ({ items: q.has("since") ? [] : [conversation(1, { unread: 0 })] });
  await vi.advanceTimersByTimeAsync(12_000); // second sync is over
  started.server.list = (q) => ({ items: q.has("since") ? [news] : [conversation(1, { unread: 0 })] });
  started.socket().receive({ event: "order_message_update", conversationId: "cnv_new", order: news.order, message: message(2, "cnv_new"), lastSeq: 2 });
  const s = started.socket();
  for (let i = 0; i < 60; i += 1) {
    await vi.advanceTimersByTimeAsync(5_000);
    for (const f of s.sent.splice(0)) ack(s, f, f["action"] === "ping" ? { serverTime: new Date().toISOString() } : {});
    s.receive({ event: "user_typing", conversationId: "cnv_a", userId: "m", role: "customer", name: "M", expiresInMs: 5000 });
  }
  expect(FakeSocket.opened).toHaveLength(1);
  expect([...started.client.state.conversations.keys()]).toContain("cnv_new");
  started.client.stop();
});

test("a conversation that becomes stale right after a refresh is fetched again", async () => {
  const list = conversation(5, { unread: 0 });
  const started = await startClient({ list: () => ({ items: [list] }), conversation: () => list });
  await vi.advanceTimersByTimeAsync(12_000);
  const n = () => started.asked.filter((p) => p.endsWith("/cnv_a")).length;
  started.socket().receive({ event: "conversation_updated", conversation: conversation(5, { status: "closed" }) });
  await vi.advanceTimersByTimeAsync(300); // fetched
  expect(n()).toBe(1);
  started.socket().receive({ event: "conversation_updated", conversation: conversation(5, { status: "archived" }) });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(started.client.state.conversations.get("cnv_a")?.stale).toBe(false);
  started.client.stop();
});

test("loading an older page removes no shown rows", () => {
  let state = initial({ userId: "g", role: "admin", name: "G" });
  const row = (i: number) => conversation(1, { id: `cnv_${i}`, unread: 0, lastActivityAt: new Date(Date.UTC(2026, 0, 1) - i * 60_000).toISOString() });
  for (let p = 0; p < 21; p += 1) {
    const before = state.conversations.size;
    const items = Array.from({ length: 50 }, (_, i) => row(p * 50 + i));
    state = reduce(state, { type: "list", page: { items, asOf: "", nextCursor: "c" }, asked: "older", at: p });
    expect(state.conversations.size).toBeGreaterThanOrEqual(before);
  }
});

test("the typing indicator ends after stop and start", async () => {
  const started = await startClient();
  started.socket().receive({ event: "user_typing", conversationId: "cnv_a", userId: "m", role: "customer", name: "M", expiresInMs: 5000 });
  started.client.stop(); started.client.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([...started.client.state.typing.values()].flat()).toEqual([]);
  started.client.stop();
});

test("with two people typing, the first one's name disappears on time", async () => {
  const started = await startClient();
  started.socket().receive({ event: "user_typing", conversationId: "cnv_a", userId: "m", role: "customer", name: "M", expiresInMs: 5000 });
  await vi.advanceTimersByTimeAsync(2_900);
  started.socket().receive({ event: "user_typing", conversationId: "cnv_b", userId: "n", role: "customer", name: "N", expiresInMs: 5000 });
  await vi.advanceTimersByTimeAsync(2_500);
  expect(started.client.state.typing.get("cnv_a") ?? []).toEqual([]);
  started.client.stop();
});

test("an older page that arrives after the conversation was closed makes no gap", () => {
  let state = initial({ userId: "g", role: "admin", name: "G" });
  state = reduce(state, { type: "open", conversationId: "cnv_a" });
  const msgs = (a: number, b: number) => Array.from({ length: b - a + 1 }, (_, i) => message(a + i));
  state = reduce(state, { type: "history", conversationId: "cnv_a", page: { messages: msgs(501, 1000), lastSeq: 1000, hasMore: true }, asked: "newest" });
  state = reduce(state, { type: "open", conversationId: undefined });
  state = reduce(state, { type: "history", conversationId: "cnv_a", page: { messages: msgs(401, 500), lastSeq: 1000, hasMore: true }, asked: "before" });
  const s = state.timelines.get("cnv_a")!.messages;
  expect(s.at(-1)!.seq - s[0]!.seq + 1).toBe(s.length);
});

test("a stale conversation that no longer exists is not requested at every change", async () => {
  const gone = conversation(5, { unread: 0 });
  const started = await startClient({ list: () => ({ items: [gone, conversation(1, { id: "cnv_b", unread: 0 })] }) });
  await vi.advanceTimersByTimeAsync(12_000);
  started.socket().receive({ event: "conversation_updated", conversation: conversation(5, { status: "closed" }) });
  const s = started.socket();
  for (let i = 0; i < 200; i += 1) {
    await vi.advanceTimersByTimeAsync(6_000);
    for (const f of s.sent.splice(0)) ack(s, f, f["action"] === "ping" ? { serverTime: new Date().toISOString() } : {});
    s.receive({ event: "message_read", conversationId: "cnv_b", userId: "mia", role: "customer", seq: 1 });
  }
  expect(started.asked.filter((p) => p.endsWith("/cnv_a")).length).toBeLessThan(10);
  started.client.stop();
});
