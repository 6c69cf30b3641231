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
  expect(started.sentFrames("send_message")).toMatchObject([{ clientMessageId, seenSeq: 80 }]);
});

test("a message to a conversation whose history cannot be loaded is sent without seenSeq", async () => {
  started = await startClient({ answer: (path) => (path.includes("/messages") ? new Promise(() => {}) : undefined) }, { me: MIA });
  started.client.send("cnv_a", "anyway");
  await vi.advanceTimersByTimeAsync(6_000);
  expect(started.sentFrames("send_message")).toHaveLength(1);
  expect(started.sentFrames("send_message")[0]).not.toHaveProperty("seenSeq");
});

test("a message that was pushed before its ack is not sent again", async () => {
  started = await startClient({ conversation: () => conversation(3, { unread: 0 }), history: () => ({ messages: messages(1, 3), changes: [], others: [], lastSeq: 3, hasMore: false }) }, { me: MIA });
  void started.client.open("cnv_a");
  await vi.advanceTimersByTimeAsync(20);
  const clientMessageId = started.client.send("cnv_a", "hello");
  await vi.advanceTimersByTimeAsync(20);
  expect(started.sentFrames("send_message")).toHaveLength(1);
  started.socket().receive({ event: "new_message", conversationId: "cnv_a", message: { ...message(4), clientMessageId } });
  expect(started.client.state.outbox).toEqual([]);
  started.socket().close();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(started.sentFrames("send_message")).toEqual([]);
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
    for (const { action, requestId, seenSeq, clientMessageId, body } of started.socket().sent.splice(0)) {
      if (action !== "send_message") continue;
      seen.push(seenSeq);
      const stored = { ...message(3 + seen.length), clientMessageId: String(clientMessageId), body: String(body) };
      started.socket().receive({ event: "ack", requestId, message: stored, duplicate: false });
    }
  }
  expect(seen).toEqual([3, 4, 5]);
  expect(started.client.state.timelines.get("cnv_a")?.messages.map(({ body }) => body).slice(3)).toEqual(["one", "two", "three"]);
});
