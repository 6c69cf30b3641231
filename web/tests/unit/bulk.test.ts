import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { messageProblem } from "../../src/app/bulk/message-problem.ts";
import { findMatching } from "../../src/app/bulk/matching.ts";
import { BULK_REQUEST_SIZE, type BulkProgress, BulkRun } from "../../src/app/bulk/run.ts";
import { ApiError, NetworkError } from "../../src/client/index.ts";
import type { BulkAnswer, BulkRequest, Code, Problem } from "../../src/protocol.ts";
import { random } from "./random.ts";
import { conversation } from "./test-client.ts";

const IDS = Array.from({ length: 260 }, (_, index) => `cnv_${index}`);
const ACTION = { prioritize: { to: "high" } } as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const problem = (code: Code, status: number, detail = "No."): Problem => ({ type: "", title: "?", status, detail, code });

/** The server's side: it does something once for each id of a bulk action and conversation. */
class Shop {
  readonly done = new Map<string, number>();
  readonly requests: BulkRequest[] = [];
  /** Decides about a request, before anything is done. */
  before: (request: BulkRequest) => void = () => undefined;
  /** Decides about the answer, after it was done. */
  after: (request: BulkRequest) => void = () => undefined;
  refuses: (id: string) => Problem | undefined = () => undefined;

  readonly send = async (request: BulkRequest): Promise<BulkAnswer> => {
    this.requests.push(request);
    await new Promise((resolve) => setTimeout(resolve, 10));
    this.before(request);
    const results = request.conversationIds.map((conversationId) => {
      const refused = this.refuses(conversationId);
      if (refused !== undefined) return { conversationId, problem: refused };
      const key = `${request.id}/${conversationId}`;
      if (!this.done.has(key)) this.done.set(key, 1);
      return { conversationId };
    });
    this.after(request);
    return { results };
  };
}

function start(shop: Shop, ids: readonly string[] = IDS): { run: BulkRun; seen: BulkProgress[] } {
  const seen: BulkProgress[] = [];
  const run = new BulkRun({ id: "bulk", conversationIds: ids, action: ACTION, send: shop.send, random: () => 0.5, changed: (progress) => seen.push(progress) });
  void run.start();
  return { run, seen };
}

test("it goes through all in requests of the server's size with the same id, and tells how far it is", async () => {
  const shop = new Shop();
  const { run, seen } = start(shop, [...IDS, "cnv_0"]);
  await vi.runAllTimersAsync();
  expect(run.progress).toEqual({ total: 260, done: 260, failed: [], state: "finished" });
  expect(shop.requests.map(({ conversationIds }) => conversationIds.length)).toEqual([...Array.from({ length: 10 }, () => BULK_REQUEST_SIZE), 10]);
  expect(shop.requests.every(({ id, do: action }) => id === "bulk" && action === ACTION)).toBe(true);
  const counts = seen.map(({ done }) => done);
  expect(counts).toEqual([...counts].sort((one, other) => one - other));
});

test("a stop ends it after the request that is under way, and it can go on", async () => {
  const shop = new Shop();
  const { run } = start(shop);
  await vi.advanceTimersByTimeAsync(25);
  run.stop();
  expect(run.progress.state).toBe("stopping");
  await vi.runAllTimersAsync();
  expect(run.progress).toMatchObject({ done: 75, state: "stopped" });
  expect(shop.done.size).toBe(75);
  void run.start();
  await vi.runAllTimersAsync();
  expect(run.progress).toMatchObject({ done: 260, state: "finished" });
  expect(shop.requests).toHaveLength(11);
});

test("a stop while the server does not answer ends it at once", async () => {
  const shop = new Shop();
  shop.before = () => {
    throw new NetworkError("gone");
  };
  const { run } = start(shop);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(run.progress.state).toBe("waiting");
  const before = shop.requests.length;
  run.stop();
  await vi.advanceTimersByTimeAsync(0);
  expect(run.progress).toMatchObject({ done: 0, failed: [], state: "stopped" });
  await vi.runAllTimersAsync();
  expect(shop.requests).toHaveLength(before);
});

test("lost requests, lost answers and failures of the server are repeated, and each conversation gets it once", async () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const next = random(seed);
    const shop = new Shop();
    const trouble = () => {
      if (next() < 0.25) throw next() < 0.5 ? new NetworkError("lost") : new ApiError("busy", { status: 503 });
    };
    [shop.before, shop.after] = [trouble, trouble];
    shop.refuses = () => (next() < 0.02 ? problem("rate_limited", 429) : undefined);
    const { run } = start(shop);
    if (next() < 0.5) setTimeout(() => run.stop(), next() * 100);
    await vi.runAllTimersAsync();
    while (run.progress.state !== "finished" || run.progress.failed.length > 0) {
      void run.again();
      await vi.runAllTimersAsync();
    }
    expect(run.progress, `seed ${seed}`).toMatchObject({ done: 260, failed: [] });
    expect([...shop.done.keys()].sort()).toEqual(IDS.map((id) => `bulk/${id}`).sort());
  }
});

test("what is refused is listed with its reason, and tried again with the same id", async () => {
  const shop = new Shop();
  shop.refuses = (id) => (id === "cnv_7" ? problem("conversation_closed", 409, "It is closed.") : undefined);
  const { run } = start(shop);
  await vi.runAllTimersAsync();
  expect(run.progress).toMatchObject({ done: 259, failed: [{ conversationId: "cnv_7", reason: "It is closed." }], state: "finished" });
  // A refusal is not repeated by itself.
  expect(shop.requests.flatMap(({ conversationIds }) => conversationIds).filter((id) => id === "cnv_7")).toHaveLength(1);
  shop.refuses = () => undefined;
  void run.again();
  await vi.runAllTimersAsync();
  expect(run.progress).toMatchObject({ done: 260, failed: [], state: "finished" });
  expect(shop.requests.at(-1)).toMatchObject({ id: "bulk", conversationIds: ["cnv_7"] });
});

test("what may work later is tried a few times, then it has failed", async () => {
  const shop = new Shop();
  shop.refuses = (id) => (id === "cnv_1" ? { ...problem("rate_limited", 429, "Too many."), retryAfterMs: 5_000 } : undefined);
  const { run } = start(shop, IDS.slice(0, 3));
  await vi.advanceTimersByTimeAsync(4_000);
  expect(shop.requests).toHaveLength(1);
  await vi.runAllTimersAsync();
  expect(run.progress).toMatchObject({ done: 2, failed: [{ conversationId: "cnv_1", reason: "Too many." }] });
  expect(shop.requests).toHaveLength(4);
});

test("a request that is refused as a whole ends it", async () => {
  const shop = new Shop();
  shop.before = () => {
    throw new ApiError("do: must have exactly one field", { code: "invalid_request", status: 422 });
  };
  const { run } = start(shop);
  await vi.runAllTimersAsync();
  expect(run.progress).toMatchObject({ done: 0, state: "finished" });
  expect(run.progress.failed).toHaveLength(260);
  expect(shop.requests).toHaveLength(1);
});

test("all that match are found page by page, without duplicates and what the list would not show", async () => {
  const pages = [["a", "b"], [], ["b", "c", "hidden"], ["d"]];
  const asked: object[] = [];
  const find = (most: number, stop = 99) => {
    const found: string[] = [];
    asked.length = 0;
    const more = findMatching({
      filter: { assignee: "none" },
      words: "lamp",
      isShown: ({ id }) => id !== "hidden",
      most,
      page: (query) => {
        asked.push(query);
        const at = Number(query.cursor ?? 0);
        return Promise.resolve({ items: (pages[at] ?? []).map((id) => conversation(1, { id })), asOf: "", ...(at < 3 && { nextCursor: String(at + 1) }) });
      },
      found: (ids) => {
        found.push(...ids);
        return asked.length < stop;
      },
    });
    return more.then((isMore) => ({ found, isMore }));
  };
  expect(await find(1_000)).toEqual({ found: ["a", "b", "c", "d"], isMore: false });
  expect(asked[0]).toMatchObject({ q: "lamp", assignee: "none", limit: 100 });
  expect(await find(3)).toEqual({ found: ["a", "b", "c"], isMore: true });
  expect(await find(1_000, 1)).toEqual({ found: ["a", "b"], isMore: false });
});

test.each([
  ["", "Write a message."],
  [" \n", "Write a message."],
  ["x".repeat(4_001), "A message has at most 4,000 characters."],
  ["Dear {{customer.name}}, {{ order.number }}", undefined],
  ["Dear {{customer.email}}", "{{customer.email}} cannot be filled in. Remove it first."],
])("the problem of the text %j is %j", (text, expected) => expect(messageProblem(text)).toBe(expected));
