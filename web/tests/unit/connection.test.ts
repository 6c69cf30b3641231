import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Api } from "../../src/client/api.ts";
import { Connection, type ConnectionState } from "../../src/client/connection.ts";
import { SessionEnded, NetworkError } from "../../src/client/errors.ts";
import type { Environment } from "../../src/client/environment.ts";
import { ServerClock } from "../../src/client/server-clock.ts";
import type { PushedEvent } from "../../src/client/socket.ts";
import { Tokens } from "../../src/client/tokens.ts";
import type { Person } from "../../src/protocol.ts";
import { FakeSocket, settle, testEnvironment } from "./test-client.ts";

const MINUTE = 60_000;

/** Returns a JWT that expires at this time, in milliseconds. */
function token(name: string, endsAt: number): string {
  return `h.${btoa(JSON.stringify({ sub: "mia", jti: name, exp: endsAt / 1000 }))}.s`;
}

const ME: Person = { userId: "mia", role: "customer", name: "Mia" };

let network: (path: string, bearer: string) => Response | Promise<Response>;
let states: ConnectionState[];
let events: PushedEvent[];
/** For each opened connection, true if events may have been missed before it. */
let opened: boolean[];
/** How often the client was told to sync. */
let behind: number;

function connect(first: string, renew: () => Promise<string | undefined> = () => Promise.reject(new Error("not now"))) {
  const environment = testEnvironment({
    fetch: (input, init) => {
      const bearer = new Headers(init?.headers).get("authorization") ?? "";
      try {
        return Promise.resolve(network(String(input), bearer));
      } catch (problem) {
        return Promise.reject(problem);
      }
    },
  });
  const clock = new ServerClock(() => environment.now());
  const tokens: Tokens = new Tokens({ token: first, renew, me: ME, clock, ended: () => connection.expire() });
  const connection: Connection = new Connection({
    environment,
    api: new Api(environment, tokens),
    tokens,
    clock,
    me: ME,
    listener: {
      changed: (state) => states.push(state),
      opened: (missed) => opened.push(missed),
      pushed: (event) => events.push(event),
      behind: () => (behind += 1),
      pong: () => undefined, identified: () => undefined,
    },
    asOf: () => "2026-03-01T09:30:00.000Z",
  });
  connection.start();
  return connection;
}

/** Returns tokens that ignore the end of the session. */
function tokens(environment: Environment, first: string, renew: () => Promise<string | undefined>): Tokens {
  return new Tokens({ token: first, renew, me: ME, clock: new ServerClock(() => environment.now()), ended: () => undefined });
}

/** Returns the newest WebSocket. */
function socket(): FakeSocket {
  const newest = FakeSocket.opened.at(-1);
  if (newest === undefined) throw new Error("no socket was opened");
  return newest;
}

/** Answers the last `ping`. */
function answerPing(): void {
  const ping = socket().sent.findLast((frame) => frame["action"] === "ping");
  socket().receive({ event: "ack", requestId: ping?.["requestId"], serverTime: new Date().toISOString() });
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
  [states, events, opened, behind] = [[], [], [], 0];
  network = () => {
    const serverTime = new Date().toISOString();
    return Response.json({ url: `ws://test/?ticket=${FakeSocket.opened.length}`, user: ME, serverTime });
  };
});
afterEach(() => vi.useRealTimers());

test("every connection uses its own ticket", async () => {
  const connection = connect(token("mia", Number.MAX_SAFE_INTEGER));
  await settle();
  socket().close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSocket.opened.map(({ url }) => url)).toEqual(["ws://test/?ticket=0", "ws://test/?ticket=1"]);
  expect(states).toEqual(["connecting", "online", "connecting", "online"]);
  expect(opened).toEqual([true, true]);
  connection.stop();
});

test("attempts are repeated with back-off, and at once when the network changes", async () => {
  network = () => {
    throw new TypeError("no network");
  };
  const attempts: number[] = [];
  const failing = network;
  network = (...call) => (attempts.push(Date.now()), failing(...call));
  const connection = connect(token("mia", Number.MAX_SAFE_INTEGER));
  await vi.advanceTimersByTimeAsync(5 * MINUTE);
  const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
  expect(pauses.slice(0, 4)).toEqual([375, 750, 1_500, 3_000]);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
  const before = attempts.length;
  connection.check();
  await settle();
  expect(attempts.length).toBe(before + 1);
  expect(new Set(states.slice(1))).toEqual(new Set(["offline"]));
  connection.stop();
});

test("a connection that does not answer is replaced", async () => {
  const connection = connect(token("mia", Number.MAX_SAFE_INTEGER));
  await settle();
  connection.used();
  await vi.advanceTimersByTimeAsync(36_000);
  expect(socket().sent.map((frame) => frame["action"])).toEqual(["ping"]);
  answerPing();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(FakeSocket.opened).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(40_000);
  expect(FakeSocket.opened).toHaveLength(2);
  connection.stop();
});

test("a refused ping shows that the connection works", async () => {
  const connection = connect(token("mia", Number.MAX_SAFE_INTEGER));
  await settle();
  connection.used();
  await vi.advanceTimersByTimeAsync(31_000);
  socket().receive({ event: "error", requestId: socket().sent[0]?.["requestId"], code: "internal", message: "" });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(FakeSocket.opened).toHaveLength(1);
  connection.stop();
});

test("with a server that does not say whether something has changed, a minute without events leads to a sync", async () => {
  const connection = connect(token("mia", Number.MAX_SAFE_INTEGER));
  await settle();
  const advance = async (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed += 5_000) {
      await vi.advanceTimersByTimeAsync(5_000);
      answerPing();
    }
  };
  // The first question shows what kind of server it is.
  await advance(4 * MINUTE);
  const before = behind;
  await advance(10 * MINUTE);
  expect(behind - before).toBeGreaterThanOrEqual(9);
  expect(FakeSocket.opened).toHaveLength(1);
  connection.stop();
});

test("the connection is replaced before two hours: the new one opens first and no event is lost", async () => {
  const connection = connect(token("mia", Number.MAX_SAFE_INTEGER));
  await settle();
  const old = socket();
  for (let passed = 0; passed < 120 * MINUTE && FakeSocket.opened.length === 1; passed += 5_000) {
    await vi.advanceTimersByTimeAsync(5_000);
    if (FakeSocket.opened.length === 1) answerPing();
  }
  expect(FakeSocket.opened).toHaveLength(2);
  // Events of both sockets are handled until the old one has closed.
  const typing: PushedEvent = { event: "user_stopped_typing", conversationId: "cnv_a", userId: "g", role: "admin", name: "G" };
  socket().receive(typing);
  expect(events).toEqual([typing]);
  await vi.advanceTimersByTimeAsync(11_000);
  expect(old.readyState).toBe(3);
  expect(socket().readyState).toBe(1);
  expect(states).toEqual(["connecting", "online", "online"]);
  expect(opened).toEqual([true, false]);
  connection.stop();
});

test("a connection that died during sleep is reported as a loss, not replaced silently", async () => {
  const connection = connect(token("mia", Number.MAX_SAFE_INTEGER));
  await settle();
  vi.setSystemTime(Date.now() + 180 * MINUTE);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(opened).toEqual([true, true]);
  connection.stop();
});

test.each([
  ["before", 0, [3, 1]],
  ["after", 1_000, [3, 3, 1]],
])("a replacement that opens %s the next attempt after a loss leaves one socket open", async (_, takes, states) => {
  const connection = connect(token("mia", Number.MAX_SAFE_INTEGER));
  await settle();
  const atOnce = network;
  let late = () => {};
  network = (...call) => {
    network = atOnce;
    return new Promise((resolve) => (late = () => resolve(atOnce(...call))));
  };
  void connection.replace();
  await settle();
  socket().close();
  await vi.advanceTimersByTimeAsync(takes);
  late();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSocket.opened.map(({ readyState }) => readyState)).toEqual(states);
  connection.stop();
});

test("stopping at any moment of a replacement leaves no open socket", async () => {
  for (let turns = 0; turns < 40; turns += 1) {
    const connection = connect(token("mia", Number.MAX_SAFE_INTEGER));
    await settle();
    connection.request({ action: "leave_conversation", conversationId: "cnv_a" }).catch(() => undefined);
    void connection.replace();
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    connection.stop();
    const before = FakeSocket.opened.length;
    await settle();
    expect(FakeSocket.opened.filter(({ readyState }) => readyState !== 3), `after ${turns} turns`).toEqual([]);
    expect(FakeSocket.opened.length, `after ${turns} turns`).toBe(before);
  }
});

test("the old socket stays open until pending answers have arrived", async () => {
  const connection = connect(token("mia", Number.MAX_SAFE_INTEGER));
  await settle();
  const old = socket();
  const answer = connection.request({ action: "leave_conversation", conversationId: "cnv_a" });
  const changing = connection.replace();
  await settle();
  expect(FakeSocket.opened).toHaveLength(2);
  expect(old.readyState).toBe(1);
  old.receive({ event: "ack", requestId: old.sent[0]?.["requestId"] });
  await expect(answer).resolves.toMatchObject({ event: "ack" });
  await vi.advanceTimersByTimeAsync(500);
  await changing;
  expect(old.readyState).toBe(3);
  connection.stop();
});

test("a frame without an answer is repeated once with the same requestId", async () => {
  const connection = connect(token("mia", Number.MAX_SAFE_INTEGER));
  await settle();
  const answer = connection.request({ action: "join_conversation", conversationId: "cnv_a" });
  await vi.advanceTimersByTimeAsync(10_500);
  const [first, second] = socket().sent.filter((frame) => frame["action"] !== "ping");
  expect(second).toEqual(first);
  socket().receive("");
  socket().receive({ message: "Internal server error", connectionId: "x" });
  socket().receive({ event: "ack", requestId: first?.["requestId"] });
  await expect(answer).resolves.toMatchObject({ event: "ack" });
  connection.stop();
});

test("a refused token is renewed once for all concurrent requests", async () => {
  const [old, fresh] = [token("old", Number.MAX_SAFE_INTEGER), token("new", Number.MAX_SAFE_INTEGER)];
  const accepting = network;
  network = (path, bearer) => (bearer.endsWith(fresh) ? accepting(path, bearer) : Response.json({ message: "Forbidden" }, { status: 403 }));
  const renew = vi.fn(() => Promise.resolve(fresh));
  const connection = connect(old, renew);
  await vi.advanceTimersByTimeAsync(100);
  expect(renew).toHaveBeenCalledTimes(1);
  expect(states).toEqual(["connecting", "online"]);
  connection.stop();
});

test("without a new token the session expires and attempts stop", async () => {
  const connection = connect(token("old", Date.now() - 1), () => Promise.resolve(undefined));
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(states).toEqual(["connecting", "expired"]);
  expect(FakeSocket.opened).toHaveLength(0);
  connection.stop();
});

test("token_expired and reconnect lead to a new connection", async () => {
  const fresh = token("new", Number.MAX_SAFE_INTEGER);
  const connection = connect(token("old", Date.now() + 60 * MINUTE), () => Promise.resolve(fresh));
  await settle();
  socket().receive({ event: "error", code: "token_expired", message: "" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSocket.opened).toHaveLength(2);
  socket().receive({ event: "error", code: "reconnect", message: "" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(FakeSocket.opened).toHaveLength(3);
  connection.stop();
});

test("a token that is about to expire is renewed, and the connection is replaced", async () => {
  const connection = connect(token("old", Date.now() + 30 * MINUTE), () => Promise.resolve(token("new", Number.MAX_SAFE_INTEGER)));
  await settle();
  for (let passed = 0; passed < 30 * MINUTE && FakeSocket.opened.length === 1; passed += 5_000) {
    await vi.advanceTimersByTimeAsync(5_000);
    if (FakeSocket.opened.length === 1) answerPing();
  }
  expect(FakeSocket.opened).toHaveLength(2);
  expect(states).toEqual(["connecting", "online", "online"]);
  connection.stop();
});

test("API callers get SessionEnded", async () => {
  const environment = testEnvironment();
  const api = new Api(environment, tokens(environment, token("old", 0), () => Promise.resolve(undefined)));
  await expect(api.counts()).rejects.toBeInstanceOf(SessionEnded);
});

test("an incomplete response and a failed token request are NetworkError", async () => {
  const body = () => new ReadableStream({ start: (stream) => stream.error(new TypeError("terminated")) });
  const environment = testEnvironment({ fetch: () => Promise.resolve(new Response(body())) });
  const renew = () => Promise.reject(new Error("not now"));
  for (const endsAt of [Number.MAX_SAFE_INTEGER, 0]) {
    const api = new Api(environment, tokens(environment, token("mia", endsAt), renew));
    await expect(api.counts()).rejects.toBeInstanceOf(NetworkError);
  }
});
