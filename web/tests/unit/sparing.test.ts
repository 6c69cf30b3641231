import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError, NetworkError } from "../../src/client/errors.ts";
import { Receipts } from "../../src/client/receipts.ts";
import type { Ack, Frame } from "../../src/client/socket.ts";
import { Typing } from "../../src/client/typing.ts";
import { testEnvironment } from "./test-client.ts";

let sent: { at: number; frame: Frame }[];
let answering: boolean;
/** The error with which the server answers, instead of an ack. */
let refusal: ApiError | undefined;
const now = () => Date.now();
const connection = {
  open: true,
  post: (frame: Frame) => void sent.push({ at: now(), frame }),
  request: async (frame: Frame): Promise<Ack> => {
    sent.push({ at: now(), frame });
    if (!answering) throw new NetworkError("lost");
    if (refusal !== undefined) throw refusal;
    return { event: "ack", requestId: "1" };
  },
};

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  sent = [];
  [answering, refusal] = [true, undefined];
});
afterEach(() => vi.useRealTimers());

test("only the highest receipt is sent, at most once a second", async () => {
  const receipts = new Receipts(testEnvironment(), connection, () => undefined);
  for (let seq = 1; seq <= 50; seq += 1) {
    receipts.delivered("cnv_a", seq);
    await vi.advanceTimersByTimeAsync(50);
  }
  await vi.advanceTimersByTimeAsync(3_000);
  expect(sent.length).toBeLessThanOrEqual(4);
  for (const [index, { at }] of sent.slice(1).entries()) expect(at - (sent[index]?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
  expect(sent.at(-1)?.frame).toEqual({ action: "message_delivered", conversationId: "cnv_a", seq: 50 });
});

test("a read receipt includes delivery", async () => {
  const receipts = new Receipts(testEnvironment(), connection, () => undefined);
  receipts.delivered("cnv_a", 5);
  receipts.read("cnv_a", 5);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sent.map(({ frame }) => frame.action)).toEqual(["message_read"]);
});

test("a lost receipt is sent again on the next connection", async () => {
  const receipts = new Receipts(testEnvironment(), connection, () => undefined);
  answering = false;
  connection.open = true;
  receipts.read("cnv_a", 5);
  await vi.advanceTimersByTimeAsync(10);
  connection.open = false;
  await vi.advanceTimersByTimeAsync(5_000);
  [answering, connection.open] = [true, true];
  const before = sent.length;
  receipts.flush();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sent.slice(before).map(({ frame }) => frame)).toEqual([{ action: "message_read", conversationId: "cnv_a", seq: 5 }]);
});

test("a refused receipt is retried after retryAfterMs, or else with back-off", async () => {
  const receipts = new Receipts(testEnvironment(), connection, () => undefined);
  refusal = new ApiError("later", { code: "rate_limited", retryAfterMs: 7_000 });
  receipts.read("cnv_a", 5);
  await vi.advanceTimersByTimeAsync(6_000);
  refusal = new ApiError("broken", { code: "internal" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent[1]?.at).toBe(7_000);
  expect(sent.length).toBeLessThanOrEqual(9);
  refusal = undefined;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent.at(-1)?.frame).toEqual({ action: "message_read", conversationId: "cnv_a", seq: 5 });
  receipts.stop();
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
