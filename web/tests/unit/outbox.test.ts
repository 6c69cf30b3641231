import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStorage } from "../../src/app/memory-storage.ts";
import { ApiError, NetworkError } from "../../src/client/errors.ts";
import { Outbox } from "../../src/client/outbox.ts";
import { type Pending, type PendingMessage, type Stored, isMessage } from "../../src/client/pending.ts";
import type { Code, Message, Person } from "../../src/protocol.ts";
import { SharedLocks, outboxOwner, pendingMessages, settle, testEnvironment } from "./test-client.ts";

const ME: Person = { userId: "mia", role: "customer", name: "Mia" };

/** A server that stores each `clientMessageId` once and answers as the test says. */
class Server {
  readonly stored: Message[] = [];
  readonly sent: PendingMessage[] = [];
  answers: ("ack" | "lost" | Code)[] = [];
  atOnce = 0;
  mostAtOnce = 0;

  async send(pending: Pending): Promise<Stored> {
    if (!isMessage(pending)) throw new Error("not a message");
    this.sent.push(pending);
    this.mostAtOnce = Math.max(this.mostAtOnce, (this.atOnce += 1));
    await new Promise((done) => setTimeout(done, 5));
    this.atOnce -= 1;
    const answer = this.answers.shift() ?? "ack";
    if (answer !== "ack" && answer !== "lost") throw new ApiError("no", { code: answer, retryAfterMs: answer === "rate_limited" ? 300 : undefined });
    let message = this.stored.find(({ clientMessageId }) => clientMessageId === pending.clientMessageId);
    if (message === undefined) {
      const seq = this.stored.length + 1;
      const { clientMessageId, conversationId, body } = pending;
      message = { conversationId, seq, id: `msg_${seq}`, clientMessageId, sender: ME, kind: "text", body, createdAt: "" };
      this.stored.push(message);
    }
    if (answer === "lost") throw new NetworkError("lost");
    return { message };
  }
}

let server: Server;

/** Returns the outbox of one tab, and what its page would show. */
function tab(storage: Storage, locks?: SharedLocks, connection: { open: boolean } = { open: true }, held?: () => number) {
  const shown: { pending: readonly PendingMessage[]; unstored: boolean; sent: string[] } = { pending: [], unstored: false, sent: [] };
  const environment = testEnvironment({ storage, ...(locks && { locks: locks as unknown as LockManager }) });
  const link = {
    get open() {
      return connection.open;
    },
    check: () => undefined,
  };
  const outbox = new Outbox(environment, ME, link, {
    ...outboxOwner,
    changed: (pending, unstored) => Object.assign(shown, { pending, unstored }),
    sent: (stored) => "message" in stored && shown.sent.push(stored.message.body),
    seenSeq: (pending) => Promise.resolve(held?.() ?? ("seenSeq" in pending ? pending.seenSeq : undefined)),
    send: (pending) => server.send(pending),
  });
  outbox.start();
  return { outbox, shown, connection };
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
});
afterEach(() => vi.useRealTimers());

test("messages are sent one at a time, in the order of writing", async () => {
  const { outbox, shown } = tab(new MemoryStorage());
  for (const body of ["one", "two", "three"]) outbox.add("cnv_a", body, 7);
  await vi.advanceTimersByTimeAsync(100);
  expect(server.stored.map(({ body }) => body)).toEqual(["one", "two", "three"]);
  expect(server.mostAtOnce).toBe(1);
  expect(shown.pending).toEqual([]);
  expect(shown.sent).toEqual(["one", "two", "three"]);
});

test("without an answer the same is sent again and stored once", async () => {
  const { outbox } = tab(new MemoryStorage());
  server.answers = ["lost", "internal", "rate_limited", "ack"];
  outbox.add("cnv_a", "hello", 4);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(server.sent).toHaveLength(4);
  expect(new Set(server.sent.map((each) => JSON.stringify(each))).size).toBe(1);
  expect(server.sent[0]?.seenSeq).toBe(4);
  expect(server.stored).toHaveLength(1);
  expect(outbox.pending).toEqual([]);
});

test("a pending message keeps its id and its seenSeq over a reload", async () => {
  const storage = new MemoryStorage();
  const before = tab(storage, undefined, { open: false });
  before.outbox.add("cnv_a", "written offline", 9);
  before.outbox.stop();
  const [unsent] = pendingMessages(before.outbox);
  const after = tab(storage);
  expect(after.outbox.pending).toEqual([unsent]);
  after.outbox.flush();
  await vi.advanceTimersByTimeAsync(50);
  expect(server.sent).toMatchObject([{ conversationId: "cnv_a", clientMessageId: unsent?.clientMessageId, body: "written offline", seenSeq: 9 }]);
  expect(after.outbox.pending).toEqual([]);
});

test("two tabs never send the same message, nor two messages of one conversation at once", async () => {
  const [storage, locks] = [new MemoryStorage(), new SharedLocks()];
  const [one, other] = [tab(storage, locks), tab(storage, locks)];
  one.outbox.add("cnv_a", "from the first", 1);
  other.outbox.add("cnv_a", "from the second", 1);
  one.outbox.flush();
  other.outbox.flush();
  await vi.advanceTimersByTimeAsync(200);
  expect(server.sent.map(({ body }) => body)).toEqual(["from the first", "from the second"]);
  expect(server.mostAtOnce).toBe(1);
});

test("a refused message fails, the next one is sent, and a retry sends the same", async () => {
  const { outbox } = tab(new MemoryStorage());
  server.answers = ["conversation_closed", "ack"];
  outbox.add("cnv_a", "refused", 1);
  outbox.add("cnv_a", "passes", 1);
  await vi.advanceTimersByTimeAsync(50);
  expect(server.stored.map(({ body }) => body)).toEqual(["passes"]);
  const [failed] = pendingMessages(outbox);
  expect(failed?.failed).toEqual({ code: "conversation_closed", reason: "no" });
  outbox.retry(failed?.clientMessageId ?? "");
  await vi.advanceTimersByTimeAsync(50);
  expect(server.stored.map(({ body }) => body)).toEqual(["passes", "refused"]);
  expect(server.sent[2]).toEqual(server.sent[0]);
  expect(outbox.pending).toEqual([]);
});

test.each([
  ["fails", '"failed"'],
  ["waits", '"body"'],
])("a message that does not fit into the storage once it %s is kept once, in its latest state", async (_, tooMuch) => {
  const storage = new MemoryStorage();
  const { outbox, shown } = tab(storage);
  const setItem = vi.spyOn(storage, "setItem").mockImplementation((key, value) => {
    if (value.includes(tooMuch)) throw new Error("full");
    MemoryStorage.prototype.setItem.call(storage, key, value);
  });
  server.answers = ["conversation_closed"];
  outbox.add("cnv_a", "refused", 1);
  // Other data has been removed when the answer comes, so the storage has space again.
  if (tooMuch === '"body"') setItem.mockRestore();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.sent).toHaveLength(1);
  expect(shown.pending).toMatchObject([{ body: "refused", failed: { code: "conversation_closed" } }]);
});

test("a suspended tab that holds the lock delays other tabs by only a few seconds", async () => {
  const [storage, locks] = [new MemoryStorage(), new SharedLocks()];
  locks.suspendHolder("order-chat/outbox/customer/mia/cnv_a");
  const { outbox } = tab(storage, locks);
  outbox.add("cnv_a", "not held up for ever", 1);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(server.stored).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(server.stored).toHaveLength(1);
  expect(outbox.pending).toEqual([]);
});

test("messages are sent without locks if the browser forbids them", async () => {
  const forbidden = { request: () => Promise.reject(new DOMException("", "SecurityError")) } as unknown as SharedLocks;
  const { outbox } = tab(new MemoryStorage(), forbidden);
  outbox.add("cnv_a", "hello", 1);
  await vi.advanceTimersByTimeAsync(50);
  expect(server.stored).toHaveLength(1);
});

test("a message that another tab sends is shown as sent in the tab that wrote it, also without events", async () => {
  const storage = new MemoryStorage();
  const [writer, sender] = [tab(storage, undefined, { open: false }), tab(storage)];
  writer.outbox.add("cnv_a", "by the other tab", 1);
  sender.outbox.storageChanged(null);
  await vi.advanceTimersByTimeAsync(50);
  expect(server.stored).toHaveLength(1);
  // In between, the message is shown exactly once.
  expect([writer.shown.pending.length, writer.shown.sent.length]).toEqual([1, 0]);
  writer.outbox.storageChanged("order-chat/outbox/customer/mia/x");
  expect([writer.shown.pending.length, writer.shown.sent]).toEqual([0, ["by the other tab"]]);
  writer.connection.open = true;
  writer.outbox.flush();
  await vi.advanceTimersByTimeAsync(50);
  expect(server.sent).toHaveLength(1);
});

test("a message that another tab has discarded is not sent", async () => {
  const storage = new MemoryStorage();
  const [writer, other] = [tab(storage, undefined, { open: false }), tab(storage, undefined, { open: false })];
  writer.outbox.add("cnv_a", "never mind", 1);
  other.outbox.discard(pendingMessages(other.outbox)[0]?.clientMessageId ?? "");
  writer.connection.open = true;
  writer.outbox.flush();
  await vi.advanceTimersByTimeAsync(50);
  expect(server.sent).toEqual([]);
  expect(writer.outbox.pending).toEqual([]);
});

test("pending messages are stored again after the storage was cleared", async () => {
  const storage = new MemoryStorage();
  const { outbox } = tab(storage, undefined, { open: false });
  outbox.add("cnv_a", "one", 1);
  storage.clear();
  outbox.storageChanged(null);
  expect(pendingMessages(tab(storage, undefined, { open: false }).outbox).map(({ body }) => body)).toEqual(["one"]);
  storage.clear();
  outbox.add("cnv_a", "two", 1);
  expect(pendingMessages(tab(storage).outbox).map(({ body }) => body)).toEqual(["one", "two"]);
  await vi.advanceTimersByTimeAsync(100);
});

test("a message that cannot be stored is reported until it is sent", async () => {
  const storage = new MemoryStorage();
  const { outbox, shown, connection } = tab(storage, undefined, { open: false });
  vi.spyOn(storage, "setItem").mockImplementation(() => {
    throw new Error("full");
  });
  outbox.add("cnv_a", "not kept", 1);
  expect(shown).toMatchObject({ unstored: true, pending: [{ body: "not kept" }] });
  connection.open = true;
  outbox.flush();
  await vi.advanceTimersByTimeAsync(50);
  expect(shown).toMatchObject({ unstored: false, pending: [], sent: ["not kept"] });
});

test("the text of a sent message is removed from the storage after some seconds, or when the client stops", async () => {
  const storage = new MemoryStorage();
  const { outbox } = tab(storage);
  const texts = () => Array.from({ length: storage.length }, (_, index) => storage.getItem(storage.key(index) ?? "")).join();
  outbox.add("cnv_a", "hello", 1);
  await vi.advanceTimersByTimeAsync(50);
  expect(texts()).toContain("hello");
  await vi.advanceTimersByTimeAsync(11_000);
  expect(texts()).not.toContain("hello");
  outbox.add("cnv_a", "again", 1);
  await vi.advanceTimersByTimeAsync(50);
  outbox.stop();
  expect(texts()).not.toContain("again");
});

test.each<["internal" | "silent"]>([["internal"], ["silent"]])("a message that the server never accepts (%s) fails after a bounded time, and the next one is sent", async (how) => {
  const { outbox, shown } = tab(new MemoryStorage());
  const refuse = server.send.bind(server);
  server.send = async (pending: Pending) => {
    if (!isMessage(pending) || pending.body !== "poison") return refuse(pending);
    server.sent.push(pending);
    if (how === "internal") throw new ApiError("broken", { code: "internal" });
    await new Promise((done) => setTimeout(done, 20_000));
    throw new NetworkError("The server did not answer.");
  };
  outbox.add("cnv_a", "poison", 1);
  outbox.add("cnv_a", "passes", 1);
  await vi.advanceTimersByTimeAsync(3 * 60_000);
  expect(server.stored.map(({ body }) => body)).toEqual(["passes"]);
  expect(shown.pending).toMatchObject([{ body: "poison", failed: { reason: expect.stringMatching(/./) as string } }]);
  const tries = server.sent.length;
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(server.sent).toHaveLength(tries);
  server.send = refuse;
  outbox.retry(shown.pending[0]?.clientMessageId ?? "");
  await vi.advanceTimersByTimeAsync(100);
  expect(server.stored.map(({ body }) => body)).toEqual(["passes", "poison"]);
});

test("a message does not fail while offline, nor because of the rate limit", async () => {
  const { outbox, connection } = tab(new MemoryStorage());
  server.answers = Array.from({ length: 500 }, () => "rate_limited" as const);
  outbox.add("cnv_a", "waits", 1);
  await vi.advanceTimersByTimeAsync(2 * 60_000);
  expect(outbox.pending[0]?.failed).toBeUndefined();
  const send = server.send.bind(server);
  server.send = (pending: Pending) => {
    connection.open = false;
    void send(pending).catch(() => undefined);
    return Promise.reject(new NetworkError("The connection ended."));
  };
  for (let loss = 0; loss < 20; loss += 1) {
    connection.open = true;
    outbox.flush();
    await vi.advanceTimersByTimeAsync(30_000);
  }
  expect(outbox.pending[0]?.failed).toBeUndefined();
});

test("a pending message gets its seenSeq at the first attempt and keeps it at every retry", async () => {
  const storage = new MemoryStorage();
  const { outbox } = tab(storage, undefined, { open: true }, () => 7 + server.stored.length);
  server.answers = ["ack", "lost", "ack", "ack"];
  for (const body of ["one", "two", "three"]) outbox.add("cnv_a", body, 7);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(server.sent.map(({ body, seenSeq }) => [body, seenSeq])).toEqual([
    ["one", 7],
    ["two", 8],
    ["two", 8],
    ["three", 9],
  ]);
});

test("a message that an older release stored is sent with its own seenSeq", async () => {
  const storage = new MemoryStorage();
  const old = { clientMessageId: "00000000-0000-4000-8000-0000000000ff", conversationId: "cnv_a", body: "of before", seenSeq: 3, writtenAt: 1 };
  storage.setItem(`order-chat/outbox/customer/mia/${old.clientMessageId}`, JSON.stringify(old));
  tab(storage, undefined, { open: true }, () => 99);
  await vi.advanceTimersByTimeAsync(50);
  const { clientMessageId, conversationId, body, seenSeq } = old;
  expect(server.sent).toMatchObject([{ clientMessageId, conversationId, body, seenSeq }]);
});

test("messages are sent although the storage is full", async () => {
  const storage = new MemoryStorage();
  storage.setItem = () => {
    throw new Error("full");
  };
  const { outbox } = tab(storage);
  outbox.add("cnv_a", "anyway", 1);
  await settle();
  await vi.advanceTimersByTimeAsync(50);
  expect(server.stored).toHaveLength(1);
  expect(outbox.pending).toEqual([]);
});
