import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStorage } from "../../src/app/memory-storage.ts";
import { ApiError, NetworkError } from "../../src/client/errors.ts";
import { Outbox, type PendingMessage } from "../../src/client/outbox.ts";
import type { Ack, Frame } from "../../src/client/socket.ts";
import type { Code, Message, Person } from "../../src/protocol.ts";
import { SharedLocks, settle, world } from "./world.ts";

const ME: Person = { userId: "mia", role: "customer", name: "Mia" };

/** A server that stores every `clientMessageId` once, and answers as it is told. */
class Server {
  readonly stored: Message[] = [];
  readonly frames: Extract<Frame, { action: "send_message" }>[] = [];
  answers: ("ack" | "lost" | Code)[] = [];
  atOnce = 0;
  mostAtOnce = 0;

  async request(frame: Frame): Promise<Ack> {
    if (frame.action !== "send_message") throw new Error("not a message");
    this.frames.push(frame);
    this.mostAtOnce = Math.max(this.mostAtOnce, (this.atOnce += 1));
    await new Promise((done) => setTimeout(done, 5));
    this.atOnce -= 1;
    const answer = this.answers.shift() ?? "ack";
    if (answer !== "ack" && answer !== "lost") throw new ApiError("no", { code: answer, retryAfterMs: answer === "rate_limited" ? 300 : undefined });
    let message = this.stored.find(({ clientMessageId }) => clientMessageId === frame.clientMessageId);
    const duplicate = message !== undefined;
    if (message === undefined) {
      const seq = this.stored.length + 1;
      const { clientMessageId, conversationId, body } = frame;
      message = { conversationId, seq, id: `msg_${seq}`, clientMessageId, sender: ME, kind: "text", body, createdAt: "" };
      this.stored.push(message);
    }
    if (answer === "lost") throw new NetworkError("lost");
    return { event: "ack", requestId: "1", message, duplicate };
  }
}

let server: Server;

/** A tab: an outbox with what its page would show. */
function tab(storage: Storage, locks?: SharedLocks, connection: { open: boolean } = { open: true }) {
  const shown: { pending: readonly PendingMessage[]; unstored: boolean; sent: string[] } = { pending: [], unstored: false, sent: [] };
  const environment = world({ storage, ...(locks && { locks: locks as unknown as LockManager }) });
  const link = {
    get open() {
      return connection.open;
    },
    request: (frame: Frame) => server.request(frame),
  };
  const outbox = new Outbox(environment, ME, link, {
    changed: (pending, unstored) => Object.assign(shown, { pending, unstored }),
    sent: (message) => shown.sent.push(message.body),
    stored: () => undefined,
    seenSeq: ({ seenSeq }) => Promise.resolve(seenSeq),
  });
  outbox.start();
  return { outbox, shown, connection };
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
});
afterEach(() => vi.useRealTimers());

test("messages go out in the order of writing, one after the other", async () => {
  const { outbox, shown } = tab(new MemoryStorage());
  for (const body of ["one", "two", "three"]) outbox.add("cnv_a", body, 7);
  await vi.advanceTimersByTimeAsync(100);
  expect(server.stored.map(({ body }) => body)).toEqual(["one", "two", "three"]);
  expect(server.mostAtOnce).toBe(1);
  expect(shown.pending).toEqual([]);
  expect(shown.sent).toEqual(["one", "two", "three"]);
});

test("without an answer the very same is sent again, and is stored once", async () => {
  const { outbox } = tab(new MemoryStorage());
  server.answers = ["lost", "internal", "rate_limited", "ack"];
  outbox.add("cnv_a", "hello", 4);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(server.frames).toHaveLength(4);
  expect(new Set(server.frames.map((frame) => JSON.stringify(frame))).size).toBe(1);
  expect(server.frames[0]?.seenSeq).toBe(4);
  expect(server.stored).toHaveLength(1);
  expect(outbox.pending).toEqual([]);
});

test("what waits survives a reload, with its id and its seenSeq", async () => {
  const storage = new MemoryStorage();
  const before = tab(storage, undefined, { open: false });
  before.outbox.add("cnv_a", "written offline", 9);
  before.outbox.stop();
  const [unsent] = before.outbox.pending;
  const after = tab(storage);
  expect(after.outbox.pending).toEqual([unsent]);
  after.outbox.flush();
  await vi.advanceTimersByTimeAsync(50);
  expect(server.frames).toEqual([
    { action: "send_message", conversationId: "cnv_a", clientMessageId: unsent?.clientMessageId, body: "written offline", seenSeq: 9 },
  ]);
  expect(after.outbox.pending).toEqual([]);
});

test("two tabs never send the same message, nor two of a conversation at once", async () => {
  const [storage, locks] = [new MemoryStorage(), new SharedLocks()];
  const [one, other] = [tab(storage, locks), tab(storage, locks)];
  one.outbox.add("cnv_a", "from the first", 1);
  other.outbox.add("cnv_a", "from the second", 1);
  one.outbox.flush();
  other.outbox.flush();
  await vi.advanceTimersByTimeAsync(200);
  expect(server.frames.map(({ body }) => body)).toEqual(["from the first", "from the second"]);
  expect(server.mostAtOnce).toBe(1);
});

test("a refusal fails the message, lets the next one pass, and can be tried again as the same message", async () => {
  const { outbox } = tab(new MemoryStorage());
  server.answers = ["conversation_closed", "ack"];
  outbox.add("cnv_a", "refused", 1);
  outbox.add("cnv_a", "passes", 1);
  await vi.advanceTimersByTimeAsync(50);
  expect(server.stored.map(({ body }) => body)).toEqual(["passes"]);
  const [failed] = outbox.pending;
  expect(failed?.failed).toEqual({ code: "conversation_closed", reason: "no" });
  outbox.retry(failed?.clientMessageId ?? "");
  await vi.advanceTimersByTimeAsync(50);
  expect(server.stored.map(({ body }) => body)).toEqual(["passes", "refused"]);
  expect(server.frames[2]).toEqual(server.frames[0]);
  expect(outbox.pending).toEqual([]);
});

test.each([
  ["fails", '"failed"'],
  ["waits", '"body"'],
])("what does not fit into the storage once it %s is kept once, as it is now", async (_, tooMuch) => {
  const storage = new MemoryStorage();
  const { outbox, shown } = tab(storage);
  const setItem = vi.spyOn(storage, "setItem").mockImplementation((key, value) => {
    if (value.includes(tooMuch)) throw new Error("full");
    MemoryStorage.prototype.setItem.call(storage, key, value);
  });
  server.answers = ["conversation_closed"];
  outbox.add("cnv_a", "refused", 1);
  // Others have left by the time the answer comes.
  if (tooMuch === '"body"') setItem.mockRestore();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.frames).toHaveLength(1);
  expect(shown.pending).toMatchObject([{ body: "refused", failed: { code: "conversation_closed" } }]);
});

test("a full storage still sends", async () => {
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
