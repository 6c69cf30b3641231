import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStorage } from "../../src/app/memory-storage.ts";
import { withPendingChanges, withPendingEdits } from "../../src/client/pending.ts";
import type { Conversation, DeskEntry, Message, Person } from "../../src/protocol.ts";
import { type Server, type StartedClient, conversation, edit, message, messages, reaction, startClient, statusChange } from "./test-client.ts";

const MIA: Person = { userId: "mia", role: "customer", name: "Mia" };
const GRACE: Person = { userId: "grace", role: "admin", name: "Grace" };
const TOM: Person = { userId: "tom", role: "admin", name: "Tom" };

let started: StartedClient;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  started.client.stop();
  vi.useRealTimers();
});

/** Opens a conversation with three messages of the customer. */
async function open(parts: Partial<Server> = {}, { me = MIA, storage = new MemoryStorage(), about = {} }: { me?: Person; storage?: Storage; about?: Partial<Conversation> } = {}): Promise<void> {
  const page = { messages: messages(1, 3), changes: [], others: [], lastSeq: 3, hasMore: false };
  const one = () => conversation(3, { unread: 0, ...about });
  started = await startClient({ list: () => ({ items: [one()] }), conversation: one, history: () => page, ...parts }, { me, environment: { storage } });
  void started.client.open("cnv_a");
  await vi.advanceTimersByTimeAsync(300);
}

/** Returns the messages and changes that were sent, in order. */
const sent = () => started.sent;
const held = () => started.client.state.timelines.get("cnv_a");

/** Returns what the person sees of a message. */
function shown(seq: number): Message | undefined {
  const found = held()?.messages.find((each) => each.seq === seq);
  return found && withPendingChanges(found, started.client.state.pendingChanges, started.client.state.me);
}

const THUMB = { react: { emoji: "👍", on: true } } as const;
const NO_THUMB = { react: { emoji: "👍", on: false } } as const;

test("a change is shown at once, sent with the gapless seq, and stays when it is acknowledged", async () => {
  await open();
  started.client.change("cnv_a", { seq: 2 }, THUMB);
  expect(shown(2)?.reactions).toEqual([{ emoji: "👍", by: [MIA] }]);
  await vi.advanceTimersByTimeAsync(20);
  const [request] = sent();
  expect(request).toMatchObject({ conversationId: "cnv_a", seq: 2, seenSeq: 3, ...THUMB });
  const change = { ...reaction(4, 2, "👍", true, MIA), changeId: String(request?.["changeId"]) };
  await started.answer(0, { change, message: { ...message(2), reactions: [{ emoji: "👍", by: [MIA] }], changedSeq: 4 } });
  expect(started.client.state.pendingChanges).toEqual([]);
  expect(held()?.messages[1]).toMatchObject({ changedSeq: 4, reactions: [{ by: [MIA] }] });
  // The next message knows that entry 4 is held.
  started.client.send("cnv_a", "Next");
  await vi.advanceTimersByTimeAsync(20);
  expect(sent()[1]).toMatchObject({ seenSeq: 4 });
});

test("a refused change is undone, and stays with its reason until it is discarded", async () => {
  await open();
  started.client.change("cnv_a", { seq: 2 }, { edit: { body: "Better" } });
  await vi.advanceTimersByTimeAsync(20);
  expect(shown(2)).toMatchObject({ body: "Better" });
  await started.refuse(0, { code: "not_changeable" });
  expect(shown(2)).toMatchObject({ body: "2" });
  const [failed] = started.client.state.pendingChanges;
  expect(failed).toMatchObject({ change: { edit: { body: "Better" } }, failed: { code: "not_changeable", reason: "No." } });
  await vi.advanceTimersByTimeAsync(8_000);
  expect(sent()).toHaveLength(1);
  started.client.discard(failed?.changeId ?? "");
  expect(started.client.state.pendingChanges).toEqual([]);
});

test("a change without an answer is repeated exactly, also after a reload", async () => {
  const storage = new MemoryStorage();
  await open({}, { storage });
  started.client.change("cnv_a", { seq: 3 }, { delete: {} });
  await vi.advanceTimersByTimeAsync(25_000);
  const [first] = sent();
  expect(sent().length).toBeGreaterThan(1);
  for (const again of sent()) expect(again).toEqual(first);
  started.client.stop();
  const page = { messages: messages(1, 6), changes: [], others: [], lastSeq: 6, hasMore: false };
  await open({ history: () => page }, { storage });
  expect(shown(3)).toMatchObject({ body: "", deleted: { by: MIA } });
  await vi.advanceTimersByTimeAsync(20);
  expect(sent()[0]).toEqual(first);
});

test("a change whose answer was lost is recognised in the history", async () => {
  await open();
  started.client.change("cnv_a", { seq: 2 }, THUMB);
  await vi.advanceTimersByTimeAsync(20);
  const change = { ...reaction(4, 2, "👍", true, MIA), changeId: String(sent()[0]?.["changeId"]) };
  started.server.history = () => ({ messages: [], changes: [change], others: [{ ...message(2), changedSeq: 4 }], lastSeq: 4, hasMore: false });
  void started.client.sync();
  await vi.advanceTimersByTimeAsync(50);
  expect(started.client.state.pendingChanges).toEqual([]);
  started.socket().close();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sent()).toHaveLength(1);
});

test("messages and changes of a conversation are sent one at a time, and an edit waits for its message", async () => {
  await open();
  const clientMessageId = started.client.send("cnv_a", "Frist");
  started.client.change("cnv_a", { clientMessageId }, { edit: { body: "First" } });
  started.client.change("cnv_a", { seq: 1 }, THUMB);
  started.client.send("cnv_a", "Second");
  const [waiting] = started.client.state.outbox;
  if (waiting === undefined) throw new Error("nothing waits");
  expect(withPendingEdits(waiting, started.client.state.pendingChanges).body).toBe("First");
  await vi.advanceTimersByTimeAsync(50);
  expect(sent()).toHaveLength(1);
  const stored = { ...message(4), clientMessageId, body: "Frist" };
  await started.answer(0, { message: stored });
  expect(shown(4)).toMatchObject({ body: "First" });
  expect(sent()).toHaveLength(2);
  expect(sent()[1]).toMatchObject({ seq: 4, seenSeq: 4, edit: { body: "First" } });
  await started.answer(1, { change: { ...edit(5, 4, MIA), changeId: sent()[1]?.["changeId"] }, message: { ...stored, body: "First", changedSeq: 5 } });
  await started.answer(2, { change: { ...reaction(6, 1, "👍", true, MIA), changeId: sent()[2]?.["changeId"] }, message: { ...message(1), changedSeq: 6 } });
  expect(sent().map(({ seq, seenSeq }) => [seq, seenSeq])).toEqual([[undefined, 3], [4, 4], [1, 5], [undefined, 6]]);
  expect(shown(4)).toMatchObject({ body: "First" });
});

test("changes of a failed message wait, and are dropped with it", async () => {
  await open();
  const clientMessageId = started.client.send("cnv_a", "Frist");
  started.client.change("cnv_a", { clientMessageId }, { edit: { body: "First" } });
  await vi.advanceTimersByTimeAsync(20);
  await started.refuse(0, { code: "conversation_closed" });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sent()).toHaveLength(1);
  expect(started.client.state.pendingChanges[0]).not.toHaveProperty("failed");
  started.client.discard(clientMessageId);
  expect([started.client.state.outbox, started.client.state.pendingChanges]).toEqual([[], []]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sent()).toHaveLength(1);
});

test("repeated toggles and edits collapse while they are not sent", async () => {
  await open();
  started.client.networkChanged(false);
  for (let count = 0; count < 5; count += 1) started.client.change("cnv_a", { seq: 2 }, count % 2 === 0 ? THUMB : NO_THUMB);
  for (const body of ["One", "Two", "Three"]) started.client.change("cnv_a", { seq: 3 }, { edit: { body } });
  for (const on of [true, false]) started.client.change("cnv_a", { seq: 1 }, { react: { emoji: "🎉", on } });
  expect([shown(1)?.reactions, shown(2)?.reactions, shown(3)?.body]).toEqual([undefined, [{ emoji: "👍", by: [MIA] }], "Three"]);
  started.client.networkChanged(true);
  await vi.advanceTimersByTimeAsync(3_000);
  await started.answer(0, { change: reaction(4, 2, "👍", true, MIA), message: { ...message(2), changedSeq: 4 } });
  await started.answer(1, { change: edit(5, 3, MIA), message: { ...message(3), changedSeq: 5 } });
  expect(sent().map(({ seq }) => seq)).toEqual([2, 3]);
  expect(sent()[1]).toMatchObject({ edit: { body: "Three" } });
  // What is on its way is not taken back: the opposite follows it.
  started.client.change("cnv_a", { seq: 1 }, THUMB);
  await vi.advanceTimersByTimeAsync(20);
  started.client.change("cnv_a", { seq: 1 }, NO_THUMB);
  expect(shown(1)?.reactions).toBeUndefined();
  await started.answer(2, { change: reaction(6, 1, "👍", true, MIA), message: { ...message(1), reactions: [{ emoji: "👍", by: [MIA] }], changedSeq: 6 } });
  expect(sent()[3]).toMatchObject({ seq: 1, ...NO_THUMB });
});

test("an admin's message expects to be the last answer, and is sent anyway only if the admin says so", async () => {
  await open({}, { me: GRACE });
  const clientMessageId = started.client.send("cnv_a", "It ships today");
  await vi.advanceTimersByTimeAsync(20);
  expect(sent()[0]).toMatchObject({ expectLast: true, seenSeq: 3 });
  const theirs: Message = { ...message(4), sender: TOM, body: "It ships tomorrow" };
  started.server.history = () => ({ messages: [theirs], changes: [], others: [], lastSeq: 4, hasMore: false });
  await started.refuse(0, { code: "overtaken", overtakenBy: theirs });
  expect(started.client.state.outbox).toMatchObject([{ clientMessageId, failed: { code: "overtaken", by: "Tom" } }]);
  expect(held()?.messages.at(-1)).toEqual(theirs);
  started.client.retry(clientMessageId);
  await vi.advanceTimersByTimeAsync(20);
  const { expectLast: _, ...first } = sent()[0] ?? {};
  expect(sent()[1]).toEqual(first);
});

test("an admin's message that was written before a colleague's answer arrived is not sent at all", async () => {
  await open({}, { me: GRACE });
  started.client.networkChanged(false);
  const clientMessageId = started.client.send("cnv_a", "It ships today");
  const theirs: Message = { ...message(4), sender: TOM };
  const mine: Message = { ...message(5), sender: GRACE };
  started.server.history = () => ({ messages: [theirs, mine], changes: [], others: [], lastSeq: 5, hasMore: false });
  void started.client.sync();
  await vi.advanceTimersByTimeAsync(50);
  expect(held()?.messages).toHaveLength(5);
  started.client.networkChanged(true);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(sent()).toEqual([]);
  expect(started.client.state.outbox).toMatchObject([{ clientMessageId, failed: { code: "overtaken", by: "Tom" } }]);
  started.client.retry(clientMessageId);
  await vi.advanceTimersByTimeAsync(20);
  expect(sent()).toHaveLength(1);
  expect(sent()[0]).not.toHaveProperty("expectLast");
});

test("a customer's message expects nothing", async () => {
  await open();
  started.client.send("cnv_a", "Hello");
  await vi.advanceTimersByTimeAsync(20);
  expect(sent()[0]).not.toHaveProperty("expectLast");
});

const note = (deskSeq: number, changeId = `note_${deskSeq}`, by = TOM): DeskEntry => {
  return { conversationId: "cnv_a", deskSeq, changeId, by, afterSeq: 3, createdAt: "2026-03-01T09:31:00.000Z", type: "note", body: `Note ${deskSeq}` };
};

test("the shop's log is fetched when it is longer than what is held: at the opening and after a lost event", async () => {
  const log = [note(1), note(2)];
  const answer = (path: string) => {
    const after = Number(/desk\?after=(\d+)/.exec(path)?.[1] ?? Number.NaN);
    return Number.isNaN(after) ? undefined : Response.json({ entries: log.slice(after, after + 1), deskSeq: log.length, hasMore: after + 1 < log.length });
  };
  await open({ answer }, { me: GRACE, about: { deskSeq: 2 } });
  expect(started.client.state.desks.get("cnv_a")).toEqual(log);
  const before = started.asked.length;
  log.push(note(3), note(4));
  started.socket().receive({ event: "desk_updated", conversationId: "cnv_a", entry: note(4) });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(started.client.state.desks.get("cnv_a")).toEqual(log);
  // Unknown types of a later release are kept, and need no request.
  log.push({ ...note(5), type: "tagged" } as unknown as DeskEntry);
  started.socket().receive({ event: "desk_updated", conversationId: "cnv_a", entry: log[4] });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(started.client.state.desks.get("cnv_a")).toHaveLength(5);
  expect(started.asked.slice(before).filter((path) => path.includes("/desk?"))).toHaveLength(2);
});

test("a customer's client never asks for the shop's log", async () => {
  await open();
  started.socket().receive({ event: "new_message", conversationId: "cnv_a", message: message(4) });
  await vi.advanceTimersByTimeAsync(70_000);
  expect(started.asked.filter((path) => path.includes("/desk"))).toEqual([]);
});

test("a note is shown at once and repeated with the same id until it is stored", async () => {
  const asked: Record<string, unknown>[] = [];
  let works = false;
  const fetching = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const path = String(input);
    if (path.endsWith("/ticket")) return Response.json({ url: "ws://test/", user: GRACE, serverTime: new Date().toISOString() });
    if (path.endsWith("/desk")) {
      asked.push(JSON.parse(init?.body as string) as Record<string, unknown>);
      return works ? Response.json({ entry: note(1, String(asked[0]?.["changeId"]), GRACE) }) : Response.json({ code: "internal" }, { status: 500 });
    }
    if (path.includes("/messages")) return Response.json({ messages: messages(1, 3), changes: [], others: [], lastSeq: 3, hasMore: false });
    const one = conversation(3, { unread: 0, deskSeq: 0 });
    return Response.json(path.includes("cnv_a") ? { conversation: one } : { items: [one], asOf: "" });
  };
  started = await startClient({}, { me: GRACE, environment: { fetch: fetching } });
  void started.client.open("cnv_a");
  await vi.advanceTimersByTimeAsync(50);
  started.client.addNote("cnv_a", "She is a regular");
  expect(started.client.state.pendingNotes).toMatchObject([{ note: { body: "She is a regular" } }]);
  await vi.advanceTimersByTimeAsync(5_000);
  works = true;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(asked.length).toBeGreaterThan(1);
  expect(new Set(asked.map((each) => JSON.stringify(each))).size).toBe(1);
  expect(asked[0]).toMatchObject({ note: { body: "She is a regular" }, seenDeskSeq: 0 });
  expect(started.client.state.pendingNotes).toEqual([]);
  expect(started.client.state.desks.get("cnv_a")).toHaveLength(1);
  // A note is nobody's message.
  expect(sent()).toEqual([]);
});

test("the read receipt of the last message covers the changes after it, and a change alone causes no receipt", async () => {
  const own = { ...GRACE, readSeq: 0, deliveredSeq: 0 };
  await open({}, { me: GRACE, about: { unread: 3, participants: [own] } });
  started.socket().receive({ event: "message_changed", conversationId: "cnv_a", change: reaction(4, 1), message: { ...message(1), changedSeq: 4 }, lastSeq: 4 });
  started.socket().receive({ event: "conversation_updated", conversation: conversation(5, { status: "archived", lastMessage: message(3) }), change: statusChange(5, "active", "archived") });
  started.client.markRead("cnv_a", 3);
  expect(started.client.state.conversations.get("cnv_a")?.unread).toBe(0);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(started.sentFrames("message_read")).toMatchObject([{ seq: 5 }]);
  [own.readSeq, own.deliveredSeq] = [5, 5];
  const receipts = () => started.socket().sent.filter(({ action }) => String(action).startsWith("message_")).length;
  const before = receipts();
  for (let seq = 6; seq <= 9; seq += 1) {
    started.socket().receive({ event: "message_changed", conversationId: "cnv_a", change: edit(seq, 2, MIA), message: { ...message(2), changedSeq: seq }, lastSeq: seq });
    started.client.markRead("cnv_a", 3);
    await vi.advanceTimersByTimeAsync(2_000);
  }
  expect(receipts()).toBe(before);
  expect(started.client.state.conversations.get("cnv_a")).toMatchObject({ unread: 0, stale: false, conversation: { lastSeq: 9, status: "archived" } });
});

test("a server of an earlier release sends no changes and no others", async () => {
  await open({ history: () => ({ messages: messages(1, 3), lastSeq: 3, hasMore: false }) as never });
  expect(held()).toMatchObject({ messages: messages(1, 3), changes: [], hasOlder: false });
  started.socket().receive({ event: "conversation_updated", conversation: conversation(3, { status: "closed" }) });
  expect(started.client.state.conversations.get("cnv_a")?.conversation.status).toBe("closed");
});

test("changes, entries of the shop's log and emoji of a later release are kept, and cause no request", async () => {
  await open({}, { me: GRACE, about: { deskSeq: 0 } });
  const before = started.asked.length;
  const pinned = { ...reaction(4, 2), type: "pinned" };
  const rocket = [{ emoji: "🚀", by: [MIA] }];
  started.socket().receive({ event: "message_changed", conversationId: "cnv_a", change: pinned, message: { ...message(2), changedSeq: 4, reactions: rocket }, lastSeq: 4 });
  started.socket().receive({ event: "desk_updated", conversationId: "cnv_a", entry: { ...note(1), type: "snoozed" } });
  started.client.send("cnv_a", "Hello");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sent()[0]).toMatchObject({ seenSeq: 4 });
  expect(shown(2)?.reactions).toEqual(rocket);
  expect(started.client.state.conversations.get("cnv_a")).toMatchObject({ stale: false, conversation: { lastSeq: 4, deskSeq: 1 } });
  expect(started.asked.length).toBe(before);
  expect(started.reported).toEqual([]);
});

test("the outbox ignores what a later release has stored", async () => {
  const storage = new MemoryStorage();
  storage.setItem("order-chat/outbox/customer/mia/1", JSON.stringify({ pollId: "1", conversationId: "cnv_a", writtenAt: 1 }));
  await open({}, { storage });
  started.client.send("cnv_a", "Hello");
  await vi.advanceTimersByTimeAsync(20);
  expect(sent()).toHaveLength(1);
  expect(storage.getItem("order-chat/outbox/customer/mia/1")).not.toBe(null);
});

test("a change that is refused for now is sent again after the given time", async () => {
  await open();
  started.client.change("cnv_a", { seq: 3 }, { edit: { body: "Better" } });
  await vi.advanceTimersByTimeAsync(20);
  await started.refuse(0, { code: "rate_limited", retryAfterMs: 300 });
  expect(started.client.state.pendingChanges[0]?.failed).toBeUndefined();
  await vi.advanceTimersByTimeAsync(400);
  expect(sent()).toHaveLength(2);
});

test("a change of a message that was not acknowledged is sent although the history cannot be loaded", async () => {
  await open({ answer: (path) => (path.includes("/messages") ? new Promise(() => {}) : undefined) });
  const clientMessageId = started.client.send("cnv_a", "Frist");
  started.client.change("cnv_a", { clientMessageId }, { edit: { body: "First" } });
  await vi.advanceTimersByTimeAsync(6_000);
  await started.answer(0, { message: { ...message(4), clientMessageId, body: "Frist" } });
  await vi.advanceTimersByTimeAsync(6_000);
  expect(sent().at(-1)).toMatchObject({ seq: 4, edit: { body: "First" } });
});

test("a change that leaves a gap in a conversation that is not open causes one fetch of it", async () => {
  const stored = { now: conversation(2, { unread: 2 }) };
  started = await startClient({ list: () => ({ items: [stored.now] }), conversation: () => stored.now }, { me: GRACE });
  await vi.advanceTimersByTimeAsync(12_000);
  const fetches = () => started.asked.filter((path) => path.endsWith("/cnv_a")).length;
  // Message 3 was missed.
  stored.now = conversation(4, { unread: 3, lastMessage: message(3) });
  started.socket().receive({ event: "message_changed", conversationId: "cnv_a", change: reaction(4, 1), message: { ...message(1), changedSeq: 4 }, lastSeq: 4 });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(started.client.state.conversations.get("cnv_a")).toMatchObject({ unread: 3, stale: false, conversation: { lastSeq: 4, lastMessage: { seq: 3 } } });
  expect(fetches()).toBe(1);
  started.socket().receive({ event: "message_changed", conversationId: "cnv_a", change: reaction(5, 1, "🎉"), message: { ...message(1), changedSeq: 5 }, lastSeq: 5 });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(fetches()).toBe(1);
});

test("a page of the history also brings a missed status", async () => {
  await open();
  started.server.list = () => ({ items: [] });
  started.server.history = () => ({ messages: [], changes: [statusChange(4, "active", "archived"), statusChange(5, "archived", "closed")], others: [], lastSeq: 5, hasMore: false });
  void started.client.sync();
  await vi.advanceTimersByTimeAsync(50);
  expect(started.client.state.conversations.get("cnv_a")).toMatchObject({ stale: false, conversation: { lastSeq: 5, status: "closed" } });
});
