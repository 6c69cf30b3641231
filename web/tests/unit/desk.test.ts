import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStorage } from "../../src/app/memory-storage.ts";
import { type Decision, replaces, shownDesk } from "../../src/client/decisions.ts";
import { canManage } from "../../src/client/selectors.ts";
import type { Desk, DeskEntry } from "../../src/protocol.ts";
import { GRACE, MIA, TOM } from "./log-model.ts";
import { type StartedClient, conversation, message, startClient, statusChange } from "./test-client.ts";

const AT = "2026-03-01T09:31:00.000Z";
const DESK: Desk = { priority: "none", tags: [], sla: [] };

let started: StartedClient;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  started.client.stop();
  vi.useRealTimers();
});

const text = (seq: number, sender = MIA) => ({ ...message(seq), sender });
const entry = (deskSeq: number, what: object, { by = TOM, afterSeq = 3 } = {}): DeskEntry => {
  return { conversationId: "cnv_a", deskSeq, changeId: `change_${deskSeq}`, by, afterSeq, createdAt: AT, ...what } as DeskEntry;
};
const held = () => started.client.state.conversations.get("cnv_a");
const desk = () => held()?.conversation.desk;
const shown = () => {
  const { conversations, pendingDecisions } = started.client.state;
  const found = conversations.get("cnv_a")?.conversation;
  return found && shownDesk(found, pendingDecisions);
};
const push = (event: object) => started.socket().receive({ conversationId: "cnv_a", ...event });

/** What a fake server with a shop's log has been asked, and how it answers. */
interface FakeDesk {
  readonly decided: Record<string, unknown>[];
  readonly fetched: string[];
  desk: Desk;
  lastSeq: number;
  deskSeq: number;
  policy: object | undefined;
  answer: (request: Record<string, unknown>) => Response;
}

/** Starts the client of an admin whose list has one conversation. */
async function start(parts: Partial<FakeDesk> = {}, storage = new MemoryStorage()): Promise<FakeDesk> {
  const server: FakeDesk = { decided: [], fetched: [], desk: DESK, lastSeq: 3, deskSeq: 0, policy: undefined, answer: () => Response.json({}, { status: 500 }), ...parts };
  const fetching = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { pathname } = new URL(String(input));
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (pathname.endsWith("/ticket")) return Response.json({ url: "ws://test/", user: GRACE, serverTime: new Date().toISOString() });
    if (pathname.endsWith("/desk") && init?.method === "POST") {
      const request = JSON.parse(init.body as string) as Record<string, unknown>;
      server.decided.push(request);
      return server.answer(request);
    }
    server.fetched.push(pathname);
    if (pathname.endsWith("/sla")) return Response.json({ ...(server.policy && { policy: server.policy }) });
    const one = conversation(server.lastSeq, { unread: 0, deskSeq: server.deskSeq, desk: server.desk });
    return Response.json(pathname.includes("cnv_a") ? { conversation: one } : { items: [one], asOf: new Date().toISOString() });
  };
  started = await startClient({}, { me: GRACE, environment: { fetch: fetching, storage } });
  server.fetched.splice(0);
  return server;
}

test("a decision is shown at once, and sent with the same id until it is stored", async () => {
  const server = await start();
  started.client.decide("cnv_a", { prioritize: { to: "high" } });
  expect(shown()?.priority).toBe("high");
  expect(desk()?.priority).toBe("none");
  await vi.advanceTimersByTimeAsync(3_000);
  server.answer = ({ changeId }) => {
    const stored = { ...entry(1, { type: "prioritized", to: "high" }, { by: GRACE }), changeId };
    return Response.json({ entry: stored, desk: { ...DESK, priority: "high" }, deskSeq: 1 }, { status: 201 });
  };
  await vi.advanceTimersByTimeAsync(30_000);
  expect(server.decided.length).toBeGreaterThan(1);
  expect(new Set(server.decided.map((each) => JSON.stringify(each))).size).toBe(1);
  expect(server.decided[0]).toMatchObject({ prioritize: { to: "high" }, seenDeskSeq: 0 });
  expect(started.client.state.pendingDecisions).toEqual([]);
  expect(desk()?.priority).toBe("high");
  expect(held()?.conversation.deskSeq).toBe(1);
});

test("a decision that changes nothing is done when the server has answered", async () => {
  const answer = () => Response.json({ desk: { ...DESK, tags: ["aaaaaaaa"] }, deskSeq: 4 });
  await start({ answer });
  started.client.decide("cnv_a", { tag: { add: ["aaaaaaaa"] } });
  await vi.advanceTimersByTimeAsync(100);
  expect(started.client.state.pendingDecisions).toEqual([]);
  expect(desk()?.tags).toEqual(["aaaaaaaa"]);
  expect(held()?.conversation.deskSeq).toBe(4);
});

test("a refused decision has no effect, and the conversation that a colleague has taken is fetched", async () => {
  const server = await start({ answer: () => Response.json({ code: "already_assigned", detail: "Taken." }, { status: 409 }) });
  [server.desk, server.deskSeq] = [{ ...DESK, assignee: "tom" }, 1];
  started.client.decide("cnv_a", { assign: { to: "grace", ifUnassigned: true } });
  expect(shown()?.assignee).toBe("grace");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(started.client.state.pendingDecisions).toMatchObject([{ failed: { code: "already_assigned", reason: "Taken." } }]);
  expect(shown()?.assignee).toBe("tom");
  expect(server.decided).toHaveLength(1);
  started.client.discard(started.client.state.pendingDecisions[0]?.changeId ?? "");
  expect(started.client.state.pendingDecisions).toEqual([]);
});

test("decisions are sent one at a time, and a later one replaces an earlier one that waits", async () => {
  const server = await start({ answer: () => Response.json({ desk: DESK, deskSeq: 1 }) });
  started.client.networkChanged(false);
  await vi.advanceTimersByTimeAsync(10);
  for (const to of ["low", "high", "urgent"] as const) started.client.decide("cnv_a", { prioritize: { to } });
  started.client.decide("cnv_a", { snooze: {} });
  started.client.decide("cnv_a", { wake: {} });
  started.client.decide("cnv_a", { assign: { to: "tom" } });
  expect(started.client.state.pendingDecisions.map(({ decision }) => decision)).toEqual([{ prioritize: { to: "urgent" } }, { wake: {} }, { assign: { to: "tom" } }]);
  expect(shown()).toMatchObject({ priority: "urgent", assignee: "tom" });
  started.client.networkChanged(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.decided.map(({ changeId: _, seenDeskSeq: __, ...what }) => what)).toEqual([{ prioritize: { to: "urgent" } }, { wake: {} }, { assign: { to: "tom" } }]);
});

test.each<[Decision, Decision, boolean]>([
  [{ assign: {} }, { assign: { to: "tom" } }, true],
  [{ wake: {} }, { snooze: {} }, true],
  [{ snooze: {} }, { wake: {} }, true],
  [{ tag: { add: ["aaaaaaaa"] } }, { tag: { remove: ["aaaaaaaa"] } }, false],
  [{ settle: {} }, { wake: {} }, false],
])("%j replaces %j: %s", (later, earlier, expected) => expect(replaces(later, earlier)).toBe(expected));

test("the outbox of the release before, and of a later one, still opens", async () => {
  const storage = new MemoryStorage();
  storage.setItem("order-chat/outbox/admin/grace/1", JSON.stringify({ changeId: "1", conversationId: "cnv_a", note: { body: "Old" }, tried: true, seenDeskSeq: 2, writtenAt: 1 }));
  storage.setItem("order-chat/outbox/admin/grace/2", JSON.stringify({ changeId: "2", conversationId: "cnv_a", decision: { merge: {} }, tried: false, writtenAt: 2 }));
  storage.setItem("order-chat/outbox/admin/grace/3", JSON.stringify({ pollId: "3", conversationId: "cnv_a", writtenAt: 3 }));
  const server = await start({}, storage);
  server.answer = ({ changeId, note }) => {
    if (note === undefined) return Response.json({ code: "invalid_request", detail: "Unknown." }, { status: 422 });
    return Response.json({ entry: { ...entry(3, { type: "note", body: "Old" }, { by: GRACE }), changeId } }, { status: 201 });
  };
  await vi.advanceTimersByTimeAsync(30_000);
  expect(server.decided[0]).toEqual({ changeId: "1", note: { body: "Old" }, seenDeskSeq: 2 });
  expect(started.client.state).toMatchObject({ pendingNotes: [], pendingDecisions: [{ changeId: "2", failed: { code: "invalid_request" } }] });
  expect(shown()).toMatchObject({ priority: "none", tags: [] });
});

test("the desk follows messages: a text of the customer ends a snooze, one of the shop is an answer", async () => {
  const clock = { since: AT, due: AT, warnAt: AT, paused: false };
  const sla = [{ ...clock, kind: "next_response" as const }, { ...clock, kind: "resolution" as const }];
  await start({ desk: { ...DESK, waitingSince: AT, snooze: { since: AT, afterSeq: 3 }, sla }, deskSeq: 2 });
  push({ event: "new_message", message: text(4, TOM) });
  expect(desk()).toMatchObject({ snooze: { afterSeq: 3 }, sla: [{ kind: "resolution" }] });
  expect(desk()).not.toHaveProperty("waitingSince");
  push({ event: "new_message", message: text(5) });
  expect(desk()).not.toHaveProperty("snooze");
  expect(desk()?.waitingSince).toBe(message(5).createdAt);
  push({ event: "order_updated", order: { id: "ord_a" }, message: { ...message(6), kind: "system", sender: { userId: "system", role: "system", name: "" }, system: { type: "status_changed", from: "pending", to: "completed", by: TOM } }, lastSeq: 6 });
  expect(desk()?.sla).toEqual([]);
  push({ event: "conversation_updated", conversation: conversation(7, { status: "archived" }), change: statusChange(7, "active", "archived") });
  expect(desk()).not.toHaveProperty("waitingSince");
});

test("when the customer begins to wait, the clocks are fetched once, and only if the shop has an SLA", async () => {
  const server = await start({ policy: { targets: {} } });
  for (const seq of [4, 5, 6]) push({ event: "new_message", message: text(seq) });
  const clock = { kind: "first_response", since: AT, due: AT, warnAt: AT, paused: false } as const;
  [server.lastSeq, server.desk] = [6, { ...DESK, waitingSince: AT, sla: [clock] }];
  await vi.advanceTimersByTimeAsync(5_000);
  expect(server.fetched.map((path) => path.split("/").at(-1))).toEqual(["sla", "cnv_a"]);
  expect(desk()?.sla).toEqual([clock]);
  push({ event: "new_message", message: text(7) });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(server.fetched).toHaveLength(2);
});

test("without an SLA nothing is fetched, until the shop has one", async () => {
  const server = await start();
  push({ event: "new_message", message: text(4) });
  await vi.advanceTimersByTimeAsync(5_000);
  push({ event: "new_message", message: text(5, TOM) });
  push({ event: "new_message", message: text(6) });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(server.fetched.map((path) => path.split("/").at(-1))).toEqual(["sla"]);
  [server.policy, server.lastSeq, server.desk] = [{ targets: {} }, 6, { ...DESK, waitingSince: AT, sla: [{ kind: "next_response", since: AT, due: AT, warnAt: AT, paused: false }] }];
  started.socket().receive({ event: "settings_updated", what: "sla" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(desk()?.sla).toHaveLength(1);
});

test("a lost event of the desk is made good, and an unknown type of entry keeps the desk that comes with it", async () => {
  const server = await start();
  [server.desk, server.deskSeq] = [{ ...DESK, tags: ["aaaaaaaa"], assignee: "tom" }, 2];
  push({ event: "desk_updated", entry: entry(2, { type: "escalated" }), desk: { ...server.desk }, deskSeq: 2 });
  expect(desk()).toMatchObject({ assignee: "tom", tags: ["aaaaaaaa"] });
  push({ event: "desk_updated", entry: entry(1, { type: "assigned" }), desk: DESK, deskSeq: 1 });
  expect(desk()?.assignee).toBe("tom");
  // A server that knows only notes.
  [server.desk, server.deskSeq] = [{ ...DESK, priority: "low" }, 4];
  push({ event: "desk_updated", entry: entry(4, { type: "note", body: "" }) });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(desk()?.priority).toBe("low");
});

test("a conversation that is not held is fetched when it is assigned to me, and not for anything else", async () => {
  const server = await start();
  const far = (what: object, parts: Partial<Desk>) => push({ event: "desk_updated", conversationId: "cnv_far", entry: { ...entry(1, what), conversationId: "cnv_far" }, desk: { ...DESK, ...parts }, deskSeq: 1 });
  far({ type: "prioritized", to: "high" }, { assignee: "grace", priority: "high" });
  far({ type: "assigned", to: "tom" }, { assignee: "tom" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(server.fetched).toEqual([]);
  far({ type: "assigned", to: "grace" }, { assignee: "grace" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(server.fetched).toContain("/api/chat/conversations/cnv_far");
});

test("an agent is an admin who cannot change what the shop has set", async () => {
  const token = `h.${btoa(JSON.stringify({ sub: "grace", role: "agent" }))}.s`;
  const answer = (path: string) => (path.endsWith("/ticket") ? Response.json({ url: "ws://test/", user: { ...GRACE, agent: true }, serverTime: new Date().toISOString() }) : undefined);
  started = await startClient({ answer }, { me: GRACE, token });
  expect(started.client.state).toMatchObject({ connection: "online", sessionEnd: undefined, agent: true });
  expect(canManage({ me: GRACE, agent: true })).toBe(false);
  expect(canManage({ me: GRACE, agent: false })).toBe(true);
  expect(canManage({ me: MIA, agent: false })).toBe(false);
});
