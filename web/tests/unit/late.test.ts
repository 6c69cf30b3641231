import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Conversation, ConversationStatus } from "../../src/protocol.ts";
import { type StartedClient, conversation, message, startClient, statusChange } from "./test-client.ts";

let started: StartedClient;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  started.client.stop();
  vi.useRealTimers();
});

const status = () => started.client.state.conversations.get("cnv_a")?.conversation.status;
/** Pushes the event of a status change with this `seq`. */
function pushStatus(seq: number, to: ConversationStatus): void {
  started.socket().receive({ event: "conversation_updated", conversation: changedTo(seq, to), change: statusChange(seq, "active", to) });
}

/** Returns the conversation after a status change with this `seq`. Its last message is the first. */
function changedTo(seq: number, status: ConversationStatus, parts: Partial<Conversation> = {}): Conversation {
  return conversation(seq, { status, lastMessage: message(1), ...parts });
}

/**
 * Delays the response to the next request that matches `path`. Its content is read when the request
 * is sent.
 */
function delayAnswer(path: RegExp, read: () => object): { arrive(): Promise<void> } {
  let arrive = () => {};
  started.server.answer = (asked) => {
    if (!path.test(asked)) return undefined;
    started.server.answer = () => undefined;
    const answer = Response.json(read());
    return new Promise((resolve) => (arrive = () => resolve(answer)));
  };
  return {
    arrive: async () => {
      arrive();
      await vi.advanceTimersByTimeAsync(5);
    },
  };
}

/** Starts a client whose server has one conversation. The test can replace it. */
async function startWithOneConversation(): Promise<{ now: Conversation }> {
  const stored = { now: conversation(1, { unread: 1 }) };
  started = await startClient({ list: () => ({ items: [stored.now] }), conversation: () => stored.now });
  return stored;
}

test("a list page that was read before a status event does not revert the status", async () => {
  const stored = await startWithOneConversation();
  const page = delayAnswer(/conversations\?/, () => ({ items: [stored.now], asOf: new Date().toISOString() }));
  void started.client.sync();
  await vi.advanceTimersByTimeAsync(5);
  pushStatus(2, "closed");
  await page.arrive();
  expect(status()).toBe("closed");
  expect(started.client.state.conversations.get("cnv_a")).toMatchObject({ unread: 1, stale: false });
});

test("an older list request does not overwrite the answer of a newer request", async () => {
  const stored = await startWithOneConversation();
  const page = delayAnswer(/conversations\?/, () => ({ items: [stored.now], asOf: new Date().toISOString() }));
  void started.client.sync();
  await vi.advanceTimersByTimeAsync(5);
  stored.now = changedTo(2, "closed", { unread: 1 });
  await Promise.all([started.client.refresh("cnv_a"), vi.advanceTimersByTimeAsync(5)]);
  expect(status()).toBe("closed");
  await page.arrive();
  expect(status()).toBe("closed");
});

test("after two status events in the wrong order the client has the last status after at most one request", async () => {
  await startWithOneConversation();
  await vi.advanceTimersByTimeAsync(12_000);
  const before = started.asked.length;
  pushStatus(3, "archived");
  pushStatus(2, "closed");
  expect(status()).toBe("archived");
  // The later one has left a gap, which only a fetch can close. It was no message, but the client
  // cannot know that.
  started.server.conversation = () => changedTo(3, "archived", { unread: 1 });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(status()).toBe("archived");
  expect(started.asked.length - before).toBeLessThanOrEqual(1);
  pushStatus(4, "active");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(status()).toBe("active");
  expect(started.asked.length - before).toBeLessThanOrEqual(1);
});

test("an answer that is older than the events during its fetch leads to one more fetch", async () => {
  const stored = await startWithOneConversation();
  pushStatus(3, "closed");
  stored.now = changedTo(3, "closed", { unread: 1 });
  const answer = delayAnswer(/cnv_a$/, () => ({ conversation: stored.now }));
  await vi.advanceTimersByTimeAsync(300);
  pushStatus(5, "active");
  stored.now = changedTo(5, "active", { unread: 1 });
  await answer.arrive();
  expect(status()).toBe("active");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(status()).toBe("active");
  expect(started.client.state.conversations.get("cnv_a")?.stale).toBe(false);
});

test("an answer that was requested before a person came online does not show them as offline", async () => {
  const stored = await startWithOneConversation();
  const customer = (online: boolean) => ({ userId: "mia", role: "customer", name: "Mia", readSeq: 1, deliveredSeq: 1, online }) as const;
  stored.now = conversation(1, { unread: 1, participants: [customer(false)] });
  await Promise.all([started.client.refresh("cnv_a"), vi.advanceTimersByTimeAsync(5)]);
  const answer = delayAnswer(/cnv_a$/, () => ({ conversation: stored.now }));
  void started.client.refresh("cnv_a");
  await vi.advanceTimersByTimeAsync(5);
  started.socket().receive({ event: "presence", userId: "mia", role: "customer", online: true });
  await answer.arrive();
  expect(started.client.state.conversations.get("cnv_a")?.conversation.participants[0]?.online).toBe(true);
});
