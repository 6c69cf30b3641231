import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Receipts } from "../../src/client/receipts.ts";
import type { Frame } from "../../src/client/socket.ts";
import { Typing } from "../../src/client/typing.ts";
import { FakeSocket, type StartedClient, conversation, message, startClient, testEnvironment } from "./test-client.ts";

let sent: { at: number; frame: Frame }[];
/** A logical clock: requests and receipts have moments. */
let moment: number;
const nextMoment = () => (moment += 1);
const now = () => Date.now();
const connection = { open: true, post: (frame: Frame) => void sent.push({ at: now(), frame }) };
const frames = () => sent.map(({ frame }) => frame);

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  [sent, moment, connection.open] = [[], 0, true];
});
afterEach(() => vi.useRealTimers());

test("only the highest receipt is sent, at most once a second", async () => {
  const receipts = new Receipts(testEnvironment(), connection, nextMoment);
  for (let seq = 1; seq <= 50; seq += 1) {
    receipts.delivered("cnv_a", seq);
    await vi.advanceTimersByTimeAsync(50);
  }
  await vi.advanceTimersByTimeAsync(3_000);
  expect(sent.length).toBeLessThanOrEqual(4);
  for (const [index, { at }] of sent.slice(1).entries()) expect(at - (sent[index]?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
  expect(sent.at(-1)?.frame).toEqual({ action: "message_delivered", conversationId: "cnv_a", seq: 50 });
});

test("a read receipt includes delivery, also when it is repeated", async () => {
  const receipts = new Receipts(testEnvironment(), connection, nextMoment);
  receipts.delivered("cnv_a", 5);
  receipts.read("cnv_a", 5);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(frames().map(({ action }) => action)).toEqual(["message_read"]);
  receipts.compare("cnv_a", { readSeq: 3, deliveredSeq: 3 }, nextMoment());
  await vi.advanceTimersByTimeAsync(5_000);
  expect(frames().map(({ action }) => action)).toEqual(["message_read", "message_read"]);
});

test("a receipt that could not be sent is sent on the next connection", async () => {
  const receipts = new Receipts(testEnvironment(), connection, nextMoment);
  connection.open = false;
  receipts.read("cnv_a", 5);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sent).toEqual([]);
  connection.open = true;
  receipts.flush();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(frames()).toEqual([{ action: "message_read", conversationId: "cnv_a", seq: 5 }]);
});

test("a receipt is sent again only if an answer that was requested after it does not have it", async () => {
  const receipts = new Receipts(testEnvironment(), connection, nextMoment);
  const before = nextMoment();
  receipts.read("cnv_a", 5);
  receipts.delivered("cnv_b", 7);
  await vi.advanceTimersByTimeAsync(2_000);
  const first = frames();
  expect(first).toHaveLength(2);
  receipts.compare("cnv_a", { readSeq: 0, deliveredSeq: 0 }, before);
  receipts.compare("cnv_a", { readSeq: 5, deliveredSeq: 5 }, nextMoment());
  receipts.compare("cnv_b", { readSeq: 0, deliveredSeq: 7 }, nextMoment());
  receipts.compare("cnv_c", { readSeq: 0, deliveredSeq: 0 }, nextMoment());
  await vi.advanceTimersByTimeAsync(60_000);
  expect(frames()).toEqual(first);
  receipts.compare("cnv_a", { readSeq: 4, deliveredSeq: 4 }, nextMoment());
  receipts.compare("cnv_b", { readSeq: 0, deliveredSeq: 6 }, nextMoment());
  await vi.advanceTimersByTimeAsync(60_000);
  expect(frames()).toEqual([...first, ...first]);
});

test("typing_start is sent at most every three seconds, and typing_stop follows by itself", async () => {
  const typing = new Typing(connection, now);
  for (let key = 0; key < 100; key += 1) {
    typing.key("cnv_a");
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(10_000);
  expect(sent.map(({ at, frame }) => [frame.action, at])).toEqual([
    ["typing_start", 0],
    ["typing_start", 3_000],
    ["typing_start", 6_000],
    ["typing_start", 9_000],
    ["typing_stop", 13_900],
  ]);
});

const GRACES = { ...message(2), sender: { userId: "grace", role: "admin", name: "Grace" } } as const;
const MIA = { userId: "mia", role: "customer", name: "Mia" } as const;
const page = (lastSeq: number) => ({ messages: [message(1), GRACES].slice(0, lastSeq), changes: [], others: [], lastSeq, hasMore: false });

/** Mia's cursors as the server has them. */
let own: { readSeq: number; deliveredSeq: number };
/** True if receipts do not reach the server. */
let losing: boolean;

/** The conversation as the server has it. */
const one = () => conversation(2, { unread: own.readSeq < 2 ? 1 : 0, lastMessage: GRACES, participants: [{ ...MIA, ...own }] });

/** Mia's client with an open conversation of two messages. */
async function openedClient(): Promise<StartedClient> {
  own = { readSeq: 1, deliveredSeq: 1 };
  const started = await startClient({ list: () => ({ items: [one()] }), conversation: one, history: () => page(2) }, { me: MIA });
  FakeSocket.heard = (_, { action, seq }) => {
    if (!losing && action === "message_read") own = { readSeq: Number(seq), deliveredSeq: Number(seq) };
    if (!losing && action === "message_delivered") own = { ...own, deliveredSeq: Number(seq) };
  };
  void started.client.open("cnv_a");
  await vi.advanceTimersByTimeAsync(2_000);
  return started;
}

test("receipts ask for no answer, and are not repeated by a sync that has them", async () => {
  losing = false;
  const started = await openedClient();
  started.client.markRead("cnv_a");
  await vi.advanceTimersByTimeAsync(2_000);
  const receipts = () => started.socket().sent.filter(({ action }) => String(action).startsWith("message_"));
  expect(receipts()).toEqual([
    { action: "message_delivered", conversationId: "cnv_a", seq: 2 },
    { action: "message_read", conversationId: "cnv_a", seq: 2 },
  ]);
  void started.client.sync();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(receipts()).toHaveLength(2);
  expect(started.client.state.conversations.get("cnv_a")?.unread).toBe(0);
  started.client.stop();
});

test.each(["the join", "the sync"])("receipts that were lost with a connection are sent again after %s", async (noticedBy) => {
  losing = true;
  const started = await openedClient();
  started.client.markRead("cnv_a");
  await vi.advanceTimersByTimeAsync(2_000);
  losing = false;
  const before = started.socket();
  if (noticedBy === "the join") started.server.list = () => ({ items: [] });
  before.close();
  await vi.advanceTimersByTimeAsync(3_000);
  const [join] = started.sentFrames("join_conversation");
  expect(started.socket()).not.toBe(before);
  if (noticedBy === "the join") {
    started.socket().receive({ event: "ack", requestId: join?.["requestId"], conversation: one(), connectionId: "c" });
  }
  await vi.advanceTimersByTimeAsync(2_000);
  expect(started.sentFrames("message_read")).toEqual([{ action: "message_read", conversationId: "cnv_a", seq: 2 }]);
  expect(started.client.state.conversations.get("cnv_a")?.unread).toBe(0);
  started.client.stop();
});
