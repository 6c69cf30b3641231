import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Person } from "../../src/protocol.ts";
import { FakeSocket, type StartedClient, conversation, message, startClient } from "./test-client.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MIA: Person = { userId: "mia", role: "customer", name: "Mia" };

let started: StartedClient | undefined;

/** Returns a JWT that expires at this time of the server's clock, in milliseconds. */
function token(endsAt: number, claims: object = { sub: "mia", role: "customer", name: "Mïa" }): string {
  const bytes = new TextEncoder().encode(JSON.stringify({ ...claims, exp: endsAt / 1000 }));
  return `h.${btoa(String.fromCharCode(...bytes))}.s`;
}

/**
 * Advances the clock on connections that answer every `ping` with the server's time. Returns the
 * number of pings.
 */
async function advance(milliseconds: number, serverTime = () => Date.now()): Promise<number> {
  let pings = 0;
  for (let passed = 0; passed < milliseconds; passed += 1_000) {
    for (const socket of FakeSocket.opened) {
      for (const { action, requestId } of socket.sent.splice(0)) {
        if (action === "ping") pings += 1;
        socket.receive({ event: "ack", requestId, serverTime: new Date(serverTime()).toISOString() });
      }
    }
    await vi.advanceTimersByTimeAsync(1_000);
  }
  return pings;
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.opened = [];
});
afterEach(() => {
  started?.client.stop();
  vi.useRealTimers();
});

test.each([
  ["two hours ahead", 2 * HOUR],
  ["right", 0],
  ["two hours behind", -2 * HOUR],
])("a device's clock that is %s causes no more connections and renewals in three hours than a correct one", async (_, ahead) => {
  const serverTime = () => Date.now() - ahead;
  const renew = vi.fn(() => Promise.resolve(token(serverTime() + HOUR)));
  const ticket = () => Response.json({ url: "ws://test/", user: MIA, serverTime: new Date(serverTime()).toISOString() });
  const answer = (path: string) => (path.endsWith("/ticket") ? ticket() : undefined);
  started = await startClient({ answer }, { me: MIA, token: token(serverTime() + HOUR), renew });
  await advance(3 * HOUR, serverTime);
  expect(FakeSocket.opened.length).toBeLessThanOrEqual(4);
  // One renewal for each hour, and up to two before the server's time is known.
  expect(renew.mock.calls.length).toBeLessThanOrEqual(5);
  expect(started.client.state.connection).toBe("online");
  expect(started.client.state.clockOffset).toBeCloseTo(-ahead, -3);
});

test("heartbeats and receipts continue after the clock is set back", async () => {
  started = await startClient({ list: () => ({ items: [conversation(1, { unread: 1 })] }) }, { me: MIA });
  await advance(MINUTE);
  vi.setSystemTime(Date.now() - HOUR);
  expect(await advance(20 * MINUTE)).toBeGreaterThanOrEqual(4);
  expect(FakeSocket.opened).toHaveLength(1);
  started.socket().receive({ event: "new_message", conversationId: "cnv_a", message: { ...message(2), sender: { userId: "grace", role: "admin", name: "Grace" } } });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(started.sentFrames("message_delivered")).toHaveLength(1);
});

test.each<[string, object | undefined, Person]>([
  ["the ticket is another person's", undefined, { userId: "jonas", role: "customer", name: "Jonas" }],
  ["the ticket is another role's", undefined, { ...MIA, role: "admin" }],
  ["the token is another person's", { sub: "jonas", role: "customer" }, MIA],
  ["the token is another role's", { sub: "mia", role: "admin" }, MIA],
])("when %s, no pending message is sent and the session ends", async (_, claims, user) => {
  const answer = (path: string) => (path.endsWith("/ticket") ? Response.json({ url: "ws://test/", user, serverTime: new Date().toISOString() }) : undefined);
  started = await startClient({ answer }, { me: MIA, token: token(Number.MAX_SAFE_INTEGER, claims) });
  started.client.send("cnv_a", "only for Mia's name");
  const before = started.asked.length;
  await vi.advanceTimersByTimeAsync(5 * MINUTE);
  expect(FakeSocket.opened).toEqual([]);
  expect(started.asked.slice(before)).toEqual([]);
  expect(started.client.state).toMatchObject({ connection: "expired", sessionEnd: "another_person" });
  expect(started.client.state.outbox).toHaveLength(1);
});

test("a renewed token of another person is never used", async () => {
  const renew = () => Promise.resolve(token(Number.MAX_SAFE_INTEGER, { sub: "jonas", role: "customer" }));
  const bearers: string[] = [];
  const answer = (_: string, bearer: string) => (bearers.push(bearer), Response.json({ message: "Forbidden" }, { status: 403 }));
  const own = token(Number.MAX_SAFE_INTEGER);
  started = await startClient({ answer }, { me: MIA, token: own, renew });
  await vi.advanceTimersByTimeAsync(5 * MINUTE);
  expect(new Set(bearers)).toEqual(new Set([`Bearer ${own}`]));
  expect(started.client.state.sessionEnd).toBe("another_person");
});

test("a refused token that was just renewed ends the session, and requests stop", async () => {
  const renew = vi.fn(() => Promise.resolve(token(Number.MAX_SAFE_INTEGER)));
  const answer = () => Response.json({ message: "Forbidden" }, { status: 403 });
  started = await startClient({ answer }, { me: MIA, token: token(Number.MAX_SAFE_INTEGER), renew });
  await vi.advanceTimersByTimeAsync(60 * MINUTE);
  expect(renew).toHaveBeenCalledTimes(1);
  expect(started.asked).toHaveLength(2);
  expect(started.client.state).toMatchObject({ connection: "expired", sessionEnd: "refused" });
});

test("an identity provider that is down does not end the session", async () => {
  let answering = false;
  const renew = () => (answering ? Promise.resolve(token(Date.now() + HOUR)) : Promise.reject(new Error("down")));
  started = await startClient({}, { me: MIA, token: token(Date.now() - 1), renew });
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(started.client.state.connection).toBe("offline");
  answering = true;
  await advance(MINUTE);
  expect(started.client.state.connection).toBe("online");
});

test("a stopped client has the state stopped and can be started again", async () => {
  started = await startClient({ list: () => ({ items: [conversation(1, { unread: 1 })] }) }, { me: MIA });
  const watched = vi.fn();
  started.client.subscribe(watched);
  started.client.stop();
  expect(started.client.state.connection).toBe("stopped");
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(FakeSocket.opened).toHaveLength(1);
  started.client.start();
  started.client.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(FakeSocket.opened).toHaveLength(2);
  expect(started.client.state.connection).toBe("online");
  started.socket().receive({ event: "new_message", conversationId: "cnv_a", message: message(2) });
  expect(started.client.state.conversations.get("cnv_a")?.conversation.lastSeq).toBe(2);
  expect(watched).toHaveBeenCalled();
});
