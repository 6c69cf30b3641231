import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Heartbeat } from "../../src/client/heartbeat.ts";
import { FakeSocket, type StartedClient, conversation, message, startClient } from "./test-client.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let started: StartedClient;
let visible: boolean;
/** What the server answers to a `ping` with `asOf`; undefined for a server of before. */
let changed: boolean | undefined;
/** The `ping` frames, with their times. */
let pings: { at: number; asOf: unknown }[];

beforeEach(async () => {
  vi.useFakeTimers();
  [visible, changed, pings] = [true, false, []];
  started = await startClient({}, { environment: { visible: () => visible } });
});
afterEach(() => {
  started.client.stop();
  vi.useRealTimers();
});

/** Advances the clock. The server answers every frame within a second. */
async function advance(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += SECOND) {
    await vi.advanceTimersByTimeAsync(SECOND);
    answer();
  }
}

function answer(): void {
  for (const socket of FakeSocket.opened) {
    for (const { action, requestId, asOf } of socket.sent.splice(0)) {
      if (action === "ping") pings.push({ at: Date.now(), asOf });
      const serverTime = new Date().toISOString();
      const says = asOf === undefined || changed === undefined ? {} : { changed };
      socket.receive({ event: "ack", requestId, ...(action === "ping" && { serverTime, ...says }) });
    }
  }
}

/** The times between the pings, in milliseconds. */
function gaps(): number[] {
  return pings.slice(1).map(({ at }, index) => at - (pings[index]?.at ?? 0));
}

/** Returns how many times the list was requested since the last call. */
function syncs(): number {
  return started.asked.splice(0).filter((path) => path.includes("/conversations?")).length;
}

test("ten seconds after a connection has opened the client asks, and syncs only if something has changed", async () => {
  expect(syncs()).toBe(1);
  await advance(11 * SECOND);
  expect(pings).toHaveLength(1);
  expect(pings[0]?.asOf).toBe(started.client.state.asOf);
  expect(syncs()).toBe(0);
  started.socket().close();
  changed = true;
  await advance(2 * SECOND);
  expect(syncs()).toBe(1);
  await advance(11 * SECOND);
  expect([pings.length, syncs()]).toEqual([2, 1]);
});

test.each([
  ["visible", 14, 16, 4],
  ["hidden", 6, 7, 9.5],
])("a %s page in which nothing happens asks %i to %i times an hour and sends no request", async (page, least, most, longest) => {
  visible = page === "visible";
  await advance(MINUTE);
  syncs();
  pings = [];
  await advance(60 * MINUTE);
  expect(started.asked).toEqual([]);
  expect(pings.length).toBeGreaterThanOrEqual(least);
  expect(pings.length).toBeLessThanOrEqual(most);
  expect(Math.max(...gaps())).toBeLessThanOrEqual(longest * MINUTE);
  expect(pings.filter(({ asOf }) => asOf === undefined)).toEqual([]);
  expect(FakeSocket.opened).toHaveLength(1);
});

test("a lost push is seen within four minutes on a visible page", async () => {
  await advance(MINUTE);
  for (const wait of [0, 1, 59, 60, 61, 119, 170, 233, 234, 235, 239]) {
    await advance(wait * SECOND);
    changed = true;
    syncs();
    const lostAt = Date.now();
    while (syncs() === 0) await advance(SECOND);
    changed = false;
    expect(Date.now() - lostAt, `${wait} s`).toBeLessThanOrEqual(4 * MINUTE);
  }
});

test("somebody's input, a message that comes and one that is sent make the page ask more often for two minutes", async () => {
  const item = conversation(1);
  started.server.list = () => ({ items: [item] });
  started.server.conversation = () => item;
  const event = { event: "new_message", conversationId: "cnv_a", message: message(2) };
  for (const use of [() => started.client.used(), () => started.socket().receive(event), () => void started.client.send("cnv_a", "hi")]) {
    await advance(10 * MINUTE);
    pings = [];
    use();
    await advance(2.5 * MINUTE);
    expect(pings.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...gaps())).toBeLessThanOrEqual(36 * SECOND);
    await advance(MINUTE);
    pings = [];
    await advance(10 * MINUTE);
    expect(pings.length).toBeLessThanOrEqual(3);
  }
});

test("a hidden page does not ask more often for a message", async () => {
  visible = false;
  await advance(MINUTE);
  pings = [];
  started.client.used();
  await advance(9 * MINUTE);
  expect(pings.length).toBeLessThanOrEqual(1);
});

test("a page that becomes visible asks at once", async () => {
  visible = false;
  await advance(5 * MINUTE);
  pings = [];
  changed = true;
  syncs();
  visible = true;
  started.client.checkConnection();
  await advance(2 * SECOND);
  expect(pings.map(({ asOf }) => typeof asOf)).toEqual(["string"]);
  expect(syncs()).toBe(1);
});

test.each([[true], [false]])("a page that was asleep checks the connection (visible: %s)", async (isVisible) => {
  visible = isVisible;
  await advance(MINUTE);
  pings = [];
  vi.setSystemTime(Date.now() + 3 * MINUTE);
  await advance(6 * SECOND);
  expect(pings).toHaveLength(1);
});

test("late timers of a hidden page are no sleep", async () => {
  visible = false;
  await advance(MINUTE);
  pings = [];
  for (let minute = 0; minute < 5; minute += 1) {
    vi.setSystemTime(Date.now() + 55 * SECOND);
    await advance(5 * SECOND);
  }
  expect(pings).toEqual([]);
});

test("a connection that is dead when it should be replaced counts as a loss", async () => {
  started.client.stop();
  // It is replaced after 117 minutes, between two questions.
  started = await startClient({}, { environment: { visible: () => true, random: () => 0.9 } });
  await advance(115 * MINUTE);
  syncs();
  const dead = started.socket();
  // Nothing that is sent on it gets an answer.
  dead.send = () => undefined;
  await advance(2.5 * MINUTE);
  expect(started.socket()).not.toBe(dead);
  expect(syncs()).toBe(1);
});

test("a server of before gets no less syncs than before", async () => {
  changed = undefined;
  await advance(MINUTE);
  syncs();
  await advance(10 * MINUTE);
  expect(syncs()).toBeGreaterThanOrEqual(9);
  // The server is updated.
  changed = false;
  await advance(5 * MINUTE);
  syncs();
  await advance(10 * MINUTE);
  expect(syncs()).toBe(0);
});

test("a question that the server cannot answer leads to a sync", async () => {
  await advance(MINUTE);
  syncs();
  while (started.sentFrames("ping").length === 0) await vi.advanceTimersByTimeAsync(SECOND);
  const [ping] = started.sentFrames("ping");
  started.socket().receive({ event: "error", requestId: ping?.["requestId"], code: "internal", message: "" });
  await vi.advanceTimersByTimeAsync(10);
  expect(syncs()).toBe(1);
});

test("a connection that is replaced in time leads to a question and no sync", async () => {
  await advance(MINUTE);
  syncs();
  pings = [];
  await advance(119 * MINUTE);
  expect(FakeSocket.opened.length).toBeGreaterThanOrEqual(2);
  expect(started.asked.filter((path) => !path.endsWith("/ticket"))).toEqual([]);
});

test("a frame that waits for its answer is a check: a dead connection is replaced after 13 seconds", async () => {
  await advance(MINUTE);
  started.socket().sent.length = 0;
  void started.client.open("cnv_a").catch(() => undefined);
  await vi.advanceTimersByTimeAsync(4 * SECOND);
  expect(started.sentFrames("ping")).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10 * SECOND);
  expect(FakeSocket.opened).toHaveLength(2);
});

test("ticks that a browser delays leave no connection without data for ten minutes", () => {
  for (const every of [1, 5, 30, 60, 61, 90, 120]) {
    const heartbeat = new Heartbeat();
    heartbeat.start(0);
    heartbeat.asked(0);
    let askedAt = 0;
    for (let now = every * SECOND; now < 120 * MINUTE; now += every * SECOND) {
      if (!heartbeat.tick(now, false, { lastFrameAt: askedAt, lastEventAt: 0 })) continue;
      expect(now - askedAt, `every ${every} s`).toBeLessThanOrEqual(9.5 * MINUTE);
      expect(now - askedAt, `every ${every} s`).toBeGreaterThanOrEqual(7 * MINUTE);
      heartbeat.asked(now);
      askedAt = now;
    }
    expect(askedAt).toBeGreaterThan(100 * MINUTE);
  }
});
