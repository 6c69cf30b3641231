import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStorage } from "../../src/app/memory-storage.ts";
import { ApiError, NetworkError } from "../../src/client/errors.ts";
import { Outbox } from "../../src/client/outbox.ts";
import { type Pending, type PendingMessage, type Stored, isMessage } from "../../src/client/pending.ts";
import { reduce } from "../../src/client/reducer.ts";
import { initial } from "../../src/client/state.ts";
import type { Message, Person } from "../../src/protocol.ts";
import { FakeSocket, SharedLocks, type StartedClient, conversation, message, outboxOwner, startClient, testEnvironment } from "./test-client.ts";

const MIA: Person = { userId: "mia", role: "customer", name: "Mia" };
const GRACE: Person = { userId: "grace", role: "admin", name: "Grace" };

/** How the fake server answers a message: with an ack, with a lost ack, or with this error code. */
type Answer = "ack" | "lost" | "internal";

/** The messages that the fake server has stored. */
let stored: Message[] = [];
/** What the fake server has received. */
let requests: PendingMessage[] = [];
/** The next answers of the fake server. After them it sends acks. */
let answers: Answer[] = [];

/** The fake server of an outbox. It answers after 5 ms and stores a repeated message once. */
async function send(pending: Pending): Promise<Stored> {
  if (!isMessage(pending)) throw new Error("not a message");
  requests.push(pending);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const answer = answers.shift() ?? "ack";
  if (answer === "internal") throw new ApiError("internal error", { code: "internal" });
  const { clientMessageId, conversationId, body } = pending;
  const known = stored.find((each) => each.clientMessageId === clientMessageId);
  const seq = stored.length + 1;
  const sent = known ?? { ...message(seq, conversationId), clientMessageId, sender: MIA, body };
  if (known === undefined) stored.push(sent);
  if (answer === "lost") throw new NetworkError("lost");
  return { message: sent };
}

/** Opens a tab: an outbox on `storage`. With `hasHistory` the tab holds all stored messages. */
function openTab(
  storage: Storage,
  { open = true, locks, hasHistory = false }: { open?: boolean; locks?: SharedLocks; hasHistory?: boolean } = {},
) {
  const connection = { open };
  const shown: { pending: readonly PendingMessage[]; sent: string[] } = { pending: [], sent: [] };
  const environment = testEnvironment({ storage, ...(locks && { locks: locks as unknown as LockManager }) });
  const server = {
    get open() {
      return connection.open;
    },
    check: () => undefined,
  };
  const outbox = new Outbox(environment, MIA, server, {
    ...outboxOwner,
    changed: (pending) => Object.assign(shown, { pending }),
    sent: (answer) => "message" in answer && shown.sent.push(answer.message.body),
    send,
    stored: (pending) => {
      const found = hasHistory && "clientMessageId" in pending && stored.find((each) => each.clientMessageId === pending.clientMessageId);
      return found ? { message: found } : undefined;
    },
  });
  outbox.start();
  return { outbox, shown, connection };
}

beforeEach(() => {
  vi.useFakeTimers();
  stored = [];
  requests = [];
  answers = [];
});
afterEach(() => vi.useRealTimers());

test("a suspended tab does not send what another tab discarded more than a minute ago", async () => {
  const storage = new MemoryStorage();
  const writer = openTab(storage, { open: false });
  const id = writer.outbox.add("cnv_a", "never mind", 1);
  // The writer's tab is suspended here: it gets no storage event.
  const other = openTab(storage, { open: false });
  other.outbox.discard(id);
  await vi.advanceTimersByTimeAsync(61_000);
  other.outbox.add("cnv_b", "another", 1);
  writer.connection.open = true;
  writer.outbox.storageChanged(null);
  writer.outbox.flush();
  await vi.advanceTimersByTimeAsync(500);
  expect(stored.map(({ body }) => body)).not.toContain("never mind");
});

test("a message that a tab of an old release discards (it removes only the key) is not sent", async () => {
  const storage = new MemoryStorage();
  const writer = openTab(storage, { open: false });
  const id = writer.outbox.add("cnv_a", "never mind", 1);
  const key = `order-chat/outbox/customer/mia/${id}`;
  storage.removeItem(key);
  writer.outbox.storageChanged(key);
  writer.connection.open = true;
  writer.outbox.flush();
  await vi.advanceTimersByTimeAsync(500);
  expect(requests).toEqual([]);
});

test("a discard in a full storage reaches the other tab", async () => {
  const storage = new MemoryStorage();
  const writer = openTab(storage, { open: false });
  const id = writer.outbox.add("cnv_a", "never mind", 1);
  const other = openTab(storage, { open: false });
  const fullStorage = vi.spyOn(storage, "setItem").mockImplementation((key, value) => {
    if (storage.length > 0) throw new Error("full");
    MemoryStorage.prototype.setItem.call(storage, key, value);
  });
  other.outbox.discard(id);
  fullStorage.mockRestore();
  writer.connection.open = true;
  writer.outbox.flush();
  await vi.advanceTimersByTimeAsync(500);
  expect(requests).toEqual([]);
});

test("a reloaded tab keeps showing what another tab sends", async () => {
  const storage = new MemoryStorage();
  const beforeReload = openTab(storage, { open: false });
  const id = beforeReload.outbox.add("cnv_a", "hello", 1);
  beforeReload.outbox.stop();
  const reloaded = openTab(storage, { open: false });
  expect(reloaded.shown.pending).toHaveLength(1);
  const sender = openTab(storage);
  await vi.advanceTimersByTimeAsync(50);
  expect(sender.shown.sent).toEqual(["hello"]);
  reloaded.outbox.storageChanged(`order-chat/outcomes/customer/mia/${id}`);
  reloaded.outbox.storageChanged(`order-chat/outbox/customer/mia/${id}`);
  expect([reloaded.shown.pending.length, ...new Set(reloaded.shown.sent)]).toEqual([0, "hello"]);
});

test("a sent message's text does not stay in the storage", async () => {
  const storage = new MemoryStorage();
  const { outbox } = openTab(storage);
  outbox.add("cnv_a", "secret", 1);
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  outbox.stop();
  const values = Array.from({ length: storage.length }, (_, index) => storage.getItem(storage.key(index)!));
  expect(JSON.stringify(values)).not.toContain("secret");
});

test("a message has not failed after one error, an hour offline, and two more errors", async () => {
  const { outbox, connection } = openTab(new MemoryStorage());
  answers = ["internal", "internal", "internal"];
  outbox.add("cnv_a", "hi", 1);
  await vi.advanceTimersByTimeAsync(10);
  connection.open = false;
  await vi.advanceTimersByTimeAsync(3_600_000);
  connection.open = true;
  outbox.connected();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(outbox.pending.map(({ failed }) => failed)).toEqual([]);
  expect(stored).toHaveLength(1);
});

test("with a suspended tab the outbox waits for the lock once, not for each message", async () => {
  const storage = new MemoryStorage();
  const locks = new SharedLocks();
  locks.suspendHolder("order-chat/outbox/customer/mia/cnv_a");
  const { outbox } = openTab(storage, { locks });
  for (let count = 0; count < 10; count += 1) outbox.add("cnv_a", String(count), 1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(stored).toHaveLength(10);
});

test("a failed message that the history contains is removed from the outbox", async () => {
  const storage = new MemoryStorage();
  // The server stores the message and its answers are lost. After the message has failed, the
  // history contains it.
  answers = Array.from({ length: 30 }, () => "lost");
  const withoutHistory = openTab(storage);
  withoutHistory.outbox.add("cnv_a", "hi", 1);
  await vi.advanceTimersByTimeAsync(180_000);
  expect(withoutHistory.outbox.pending[0]?.failed).toBeDefined();
  expect(stored).toHaveLength(1);
  const withHistory = openTab(storage, { hasHistory: true });
  withHistory.outbox.flush();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(withHistory.outbox.pending).toEqual([]);
});

test("a retry in one conversation does not shorten the back-off of another", async () => {
  const { outbox } = openTab(new MemoryStorage());
  const attempts = () => requests.filter(({ conversationId }) => conversationId === "cnv_a").length;
  answers = Array.from({ length: 100 }, () => "internal");
  outbox.add("cnv_a", "refused", 1);
  await vi.advanceTimersByTimeAsync(5_000);
  const before = attempts();
  for (let count = 0; count < 20; count += 1) {
    answers = ["internal", "ack"];
    outbox.add("cnv_b", `message ${count}`, 1);
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(attempts() - before).toBeLessThan(5);
});

/** Sends the ack of a frame from the server. */
function sendAck(socket: FakeSocket, frame: Record<string, unknown>, result: object = {}): void {
  socket.receive({ event: "ack", requestId: frame["requestId"], ...result });
}

/** Sends acks for all requests that the client has sent since the last call, without those of `except`. */
function ackAll(socket: FakeSocket, except: readonly Record<string, unknown>[] = []): void {
  for (const frame of socket.sent.splice(0)) {
    if (except.includes(frame)) continue;
    sendAck(socket, frame, frame["action"] === "ping" ? { serverTime: new Date().toISOString() } : {});
  }
}

/** Returns a token without a valid signature that expires at `exp`, in seconds since 1970. */
function tokenUntil(exp: number): string {
  return `h.${btoa(JSON.stringify({ exp }))}.s`;
}

/** Sends the event that a customer is typing in this conversation. */
function sendTyping(client: StartedClient, conversationId: string, customer: string): void {
  client.socket().receive({ event: "user_typing", conversationId, userId: customer, role: "customer", name: customer, expiresInMs: 5_000 });
}

/** A page with the only message of a conversation. */
const ONE_MESSAGE = { messages: [message(1)], changes: [], others: [], lastSeq: 1, hasMore: false };

test("the new socket joins if the connection is replaced during a join", async () => {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const started = await startClient(
    { list: () => ({ items: [conversation(1, { unread: 0 })] }), history: () => ONE_MESSAGE },
    { token: tokenUntil(exp), renew: () => Promise.resolve(tokenUntil(exp + 36_000)) },
  );
  const first = started.socket();
  // Joins get no answer until the connection has been replaced.
  const joins: Record<string, unknown>[] = [];
  const answering = setInterval(() => {
    joins.push(...first.sent.filter((frame) => frame["action"] === "join_conversation"));
    ackAll(first, joins);
  }, 500);
  while (FakeSocket.opened.length < 2) {
    await vi.advanceTimersByTimeAsync(900);
    if (joins.length === 0 && Date.now() > (exp - 130) * 1_000) void started.client.open("cnv_a").catch(() => undefined);
  }
  await vi.advanceTimersByTimeAsync(5);
  expect(joins.length).toBeGreaterThan(0);
  for (const join of joins) sendAck(first, join);
  await vi.advanceTimersByTimeAsync(3_000);
  clearInterval(answering);
  expect(FakeSocket.opened).toHaveLength(2);
  expect(started.sentFrames("join_conversation")).toHaveLength(1);
  started.client.stop();
});

test("start after the end of the session stays expired", async () => {
  const forbidden = () => Response.json({ message: "Forbidden" }, { status: 403 });
  const started = await startClient(
    { answer: (path) => (path.endsWith("/ticket") ? forbidden() : undefined) },
    { renew: () => Promise.resolve("h.e30.t") },
  );
  await vi.advanceTimersByTimeAsync(1_000);
  expect(started.client.state.connection).toBe("expired");
  started.client.start();
  expect(started.client.state.connection).toBe("expired");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(started.client.state.connection).toBe("expired");
  started.client.stop();
});

test("a proxy's HTML 403 response does not end the session", async () => {
  const blocked = () => new Response("<html>blocked</html>", { status: 403 });
  const started = await startClient({ answer: blocked }, { renew: () => Promise.resolve("h.e30.t") });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(started.client.state.connection).not.toBe("expired");
  started.client.stop();
});

test("a pending read receipt is sent after stop and start", async () => {
  const unread = conversation(1, { unread: 1 });
  const started = await startClient({ list: () => ({ items: [unread] }), history: () => ONE_MESSAGE });
  void started.client.open("cnv_a").catch(() => undefined);
  await vi.advanceTimersByTimeAsync(100);
  started.client.networkChanged(false);
  started.client.markRead("cnv_a");
  started.client.stop();
  started.client.start();
  await vi.advanceTimersByTimeAsync(2_000);
  started.client.markRead("cnv_a");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(started.sentFrames("message_read").length).toBeGreaterThan(0);
  started.client.stop();
});

test("a new conversation whose first fetch fails is still fetched in a busy shop", async () => {
  let failures = 1;
  const known = conversation(1, { unread: 0 });
  const added = conversation(2, { id: "cnv_new", unread: 1 });
  const started = await startClient({
    list: (query) => ({ items: query.has("since") ? [added] : [known] }),
    conversation: (id) => (id === "cnv_new" ? added : undefined),
    answer: (path) => (path.endsWith("/cnv_new") && failures-- > 0 ? Response.json({ code: "internal" }, { status: 500 }) : undefined),
  });
  await vi.advanceTimersByTimeAsync(1_000);
  started.server.list = (query) => ({ items: query.has("since") ? [] : [known] });
  // Wait until the second sync is done.
  await vi.advanceTimersByTimeAsync(12_000);
  started.server.list = (query) => ({ items: query.has("since") ? [added] : [known] });
  const socket = started.socket();
  socket.receive({ event: "order_message_update", conversationId: "cnv_new", order: added.order, message: message(2, "cnv_new"), lastSeq: 2 });
  for (let count = 0; count < 60; count += 1) {
    await vi.advanceTimersByTimeAsync(5_000);
    ackAll(socket);
    sendTyping(started, "cnv_a", "mia");
  }
  expect(FakeSocket.opened).toHaveLength(1);
  expect([...started.client.state.conversations.keys()]).toContain("cnv_new");
  started.client.stop();
});

test("a conversation that becomes stale right after a refresh is fetched again", async () => {
  let newest = conversation(5, { unread: 0 });
  const started = await startClient({ list: () => ({ items: [newest] }), conversation: () => newest });
  await vi.advanceTimersByTimeAsync(12_000);
  const fetches = () => started.asked.filter((path) => path.endsWith("/cnv_a")).length;
  // The message before this one is missing.
  const skipTo = (seq: number) => {
    newest = conversation(seq, { unread: 0 });
    started.socket().receive({ event: "new_message", conversationId: "cnv_a", message: message(seq) });
  };
  skipTo(7);
  await vi.advanceTimersByTimeAsync(300);
  expect(fetches()).toBe(1);
  skipTo(9);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(started.client.state.conversations.get("cnv_a")?.stale).toBe(false);
  started.client.stop();
});

test("loading an older page removes no shown rows", () => {
  const row = (index: number) => {
    const lastActivityAt = new Date(Date.UTC(2026, 0, 1) - index * 60_000).toISOString();
    return conversation(1, { id: `cnv_${index}`, unread: 0, lastActivityAt });
  };
  let state = initial(GRACE);
  for (let page = 0; page < 21; page += 1) {
    const before = state.conversations.size;
    const items = Array.from({ length: 50 }, (_, index) => row(page * 50 + index));
    state = reduce(state, { type: "list", page: { items, asOf: "", nextCursor: "next" }, asked: "older", at: page });
    expect(state.conversations.size).toBeGreaterThanOrEqual(before);
  }
});

test("the typing indicator ends after stop and start", async () => {
  const started = await startClient();
  sendTyping(started, "cnv_a", "mia");
  started.client.stop();
  started.client.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([...started.client.state.typing.values()].flat()).toEqual([]);
  started.client.stop();
});

test("with two people typing, the first one's name disappears on time", async () => {
  const started = await startClient();
  sendTyping(started, "cnv_a", "mia");
  await vi.advanceTimersByTimeAsync(2_900);
  sendTyping(started, "cnv_b", "jonas");
  await vi.advanceTimersByTimeAsync(2_500);
  expect(started.client.state.typing.get("cnv_a") ?? []).toEqual([]);
  started.client.stop();
});

test("an older page that arrives after the conversation was closed makes no gap", () => {
  const page = (first: number, last: number) => {
    const messages = Array.from({ length: last - first + 1 }, (_, index) => message(first + index));
    return { messages, changes: [], others: [], lastSeq: 1_000, hasMore: true };
  };
  let state = initial(GRACE);
  state = reduce(state, { type: "open", conversationId: "cnv_a" });
  state = reduce(state, { type: "history", conversationId: "cnv_a", page: page(501, 1_000), asked: "newest" });
  state = reduce(state, { type: "open", conversationId: undefined });
  state = reduce(state, { type: "history", conversationId: "cnv_a", page: page(401, 500), asked: "before" });
  const { messages } = state.timelines.get("cnv_a")!;
  expect(messages.at(-1)!.seq - messages[0]!.seq + 1).toBe(messages.length);
});

test("a stale conversation that no longer exists is not requested at every change", async () => {
  const deleted = conversation(5, { unread: 0 });
  const other = conversation(1, { id: "cnv_b", unread: 0 });
  const started = await startClient({ list: () => ({ items: [deleted, other] }) });
  await vi.advanceTimersByTimeAsync(12_000);
  const socket = started.socket();
  socket.receive({ event: "new_message", conversationId: "cnv_a", message: message(7) });
  for (let count = 0; count < 200; count += 1) {
    await vi.advanceTimersByTimeAsync(6_000);
    ackAll(socket);
    socket.receive({ event: "new_message", conversationId: "cnv_b", message: message(count + 2, "cnv_b") });
  }
  expect(started.asked.filter((path) => path.endsWith("/cnv_a")).length).toBeLessThan(10);
  started.client.stop();
});
