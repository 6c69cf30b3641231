import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Person } from "../../src/protocol.ts";
import { type StartedClient, conversation, message, messages, startClient } from "./test-client.ts";

const MIA: Person = { userId: "mia", role: "customer", name: "Mia" };

let started: StartedClient;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  started.client.stop();
  vi.useRealTimers();
});

test("a message to a conversation that is not open uses the seenSeq of its history", async () => {
  const history = () => ({ messages: messages(31, 80), changes: [], others: [], lastSeq: 80, hasMore: true });
  started = await startClient({ list: () => ({ items: [conversation(80, { unread: 0 })] }), history }, { me: MIA });
  const clientMessageId = started.client.send("cnv_a", "from the list");
  await vi.advanceTimersByTimeAsync(20);
  expect(started.sent).toMatchObject([{ clientMessageId, seenSeq: 80 }]);
});

test("a message to a conversation whose history cannot be loaded is sent without seenSeq", async () => {
  started = await startClient({ answer: (path) => (path.includes("/messages") ? new Promise(() => {}) : undefined) }, { me: MIA });
  started.client.send("cnv_a", "anyway");
  await vi.advanceTimersByTimeAsync(6_000);
  expect(started.sent).toHaveLength(1);
  expect(started.sent[0]).not.toHaveProperty("seenSeq");
});

test("a message that was pushed before its answer is not sent again", async () => {
  started = await startClient({ conversation: () => conversation(3, { unread: 0 }), history: () => ({ messages: messages(1, 3), changes: [], others: [], lastSeq: 3, hasMore: false }) }, { me: MIA });
  void started.client.open("cnv_a");
  await vi.advanceTimersByTimeAsync(20);
  const clientMessageId = started.client.send("cnv_a", "hello");
  await vi.advanceTimersByTimeAsync(20);
  expect(started.sent).toHaveLength(1);
  started.socket().receive({ event: "new_message", conversationId: "cnv_a", message: { ...message(4), clientMessageId } });
  expect(started.client.state.outbox).toEqual([]);
  started.socket().close();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(started.sent).toHaveLength(1);
});

test("messages written offline are sent one by one, each with the seq of the previous one", async () => {
  started = await startClient({ conversation: () => conversation(3, { unread: 0 }), history: () => ({ messages: messages(1, 3), changes: [], others: [], lastSeq: 3, hasMore: false }) }, { me: MIA });
  void started.client.open("cnv_a");
  await vi.advanceTimersByTimeAsync(20);
  started.client.networkChanged(false);
  for (const body of ["one", "two", "three"]) started.client.send("cnv_a", body);
  started.client.networkChanged(true);
  const seen: unknown[] = [];
  for (let turn = 0; turn < 40; turn += 1) {
    await vi.advanceTimersByTimeAsync(50);
    for (const { seenSeq, clientMessageId, body } of started.sent.slice(seen.length)) {
      seen.push(seenSeq);
      const stored = { ...message(3 + seen.length), clientMessageId: String(clientMessageId), body: String(body) };
      await started.answer(seen.length - 1, { message: stored });
    }
  }
  expect(seen).toEqual([3, 4, 5]);
  expect(started.client.state.timelines.get("cnv_a")?.messages.map(({ body }) => body).slice(3)).toEqual(["one", "two", "three"]);
});

const opened = () => startClient({ conversation: () => conversation(3, { unread: 0 }), history: () => ({ messages: messages(1, 3), changes: [], others: [], lastSeq: 3, hasMore: false }) }, { me: MIA });

/** Answers the newest join. */
async function join(connectionId: string): Promise<void> {
  const requestId = started.sentFrames("join_conversation").at(-1)?.["requestId"];
  started.socket().receive({ event: "ack", requestId, conversation: conversation(3, { unread: 0 }), connectionId });
  await vi.advanceTimersByTimeAsync(20);
}

test("what is sent names the connection that has joined, and none before", async () => {
  started = await opened();
  void started.client.open("cnv_a");
  await vi.advanceTimersByTimeAsync(20);
  started.client.send("cnv_a", "before the join");
  await vi.advanceTimersByTimeAsync(20);
  await join("first");
  await started.answer(0, { message: { ...message(4), clientMessageId: started.sent[0]?.["clientMessageId"] } });
  started.client.send("cnv_a", "after it");
  await vi.advanceTimersByTimeAsync(20);
  expect(started.sent.map(({ connectionId }) => connectionId)).toEqual([undefined, "first"]);
  // It is sent again while another connection is open. Only the name of the connection differs.
  started.socket().close();
  await vi.advanceTimersByTimeAsync(3_000);
  await join("second");
  await vi.advanceTimersByTimeAsync(9_000);
  const [{ connectionId: _, ...first }, { connectionId, ...again }] = [started.sent[1] ?? {}, started.sent[2] ?? {}];
  expect(again).toEqual(first);
  expect(connectionId).toBe("second");
});

test("the loss of the connection in the middle of a send loses and repeats nothing", async () => {
  started = await opened();
  void started.client.open("cnv_a");
  await vi.advanceTimersByTimeAsync(20);
  const clientMessageId = started.client.send("cnv_a", "hello");
  await vi.advanceTimersByTimeAsync(20);
  started.socket().close();
  await vi.advanceTimersByTimeAsync(3_000);
  await started.answer(0, { message: { ...message(4), clientMessageId } });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(started.sent).toHaveLength(1);
  expect(started.client.state.outbox).toEqual([]);
  expect(started.client.state.timelines.get("cnv_a")?.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
});

test("a message without an answer is sent again after ten seconds, and the connection is checked", async () => {
  started = await opened();
  void started.client.open("cnv_a");
  await vi.advanceTimersByTimeAsync(20);
  // A customer's client pings when it has connected.
  const [ping] = started.sentFrames("ping");
  started.socket().receive({ event: "ack", requestId: ping?.["requestId"], serverTime: new Date().toISOString() });
  started.client.send("cnv_a", "hello");
  await vi.advanceTimersByTimeAsync(9_000);
  const pings = started.sentFrames("ping").length;
  expect(started.sent).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(started.sentFrames("ping").length).toBe(pings + 1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(started.sent).toHaveLength(2);
  expect(started.sent[1]).toEqual(started.sent[0]);
});
