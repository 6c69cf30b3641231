import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../../src/client/errors.ts";
import { type StartedClient, conversation, message, startClient } from "./test-client.ts";

/**
 * Invented frames of later releases, and malformed frames. Only the last two are messages that this
 * release can show.
 */
const FRAMES = JSON.parse(readFileSync(new URL("../fixtures/future/events.json", import.meta.url), "utf8")) as object[];

let started: StartedClient;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  started.client.stop();
  vi.useRealTimers();
});

test("unknown frames of later releases are ignored, and the client keeps working", async () => {
  started = await startClient({ list: () => ({ items: [conversation(1, { unread: 1 })] }) });
  const watched = vi.fn();
  started.client.subscribe(watched);
  for (const frame of FRAMES) {
    const { conversations } = started.client.state;
    started.socket().receive(frame);
    await vi.advanceTimersByTimeAsync(1);
    const isShown = FRAMES.indexOf(frame) >= FRAMES.length - 2;
    if (!isShown) expect(started.client.state.conversations, JSON.stringify(frame)).toEqual(conversations);
  }
  started.socket().receive({ event: "new_message", conversationId: "cnv_a", message: message(4) });
  expect(started.client.state.conversations.get("cnv_a")?.conversation).toMatchObject({ lastSeq: 4, status: "active" });
  expect(started.client.state.connection).toBe("online");
  expect(watched).toHaveBeenCalled();
});

test("an unknown status of a later release is kept", async () => {
  const future = { status: "merged", unread: 0 } as unknown as { unread: number };
  started = await startClient({ list: () => ({ items: [conversation(1, future)] }) });
  expect(started.client.state.conversations.get("cnv_a")?.conversation.status).toBe("merged");
});

test.each([
  ["of_a_later_release", undefined, false],
  ["of_a_later_release", 409, false],
  ["of_a_later_release", 503, true],
  ["of_a_later_release", 429, true],
  ["internal", 500, true],
  ["not_found", 404, false],
  [undefined, 502, true],
  [undefined, undefined, true],
])("an error with code %s and status %s is retryable: %s", (code, status, retryable) => {
  const about = { code: code as "internal", ...(status !== undefined && { status }) };
  expect(new ApiError("?", about).retryable).toBe(retryable);
});

test("a listener that throws is reported and does not stop the others", async () => {
  started = await startClient({ list: () => ({ items: [conversation(1, { unread: 1 })] }) });
  const failing = () => {
    throw new Error("of the page");
  };
  const [listener, watcher] = [vi.fn(), vi.fn()];
  started.client.onEvent(failing);
  started.client.onEvent(listener);
  started.client.subscribe(failing);
  started.client.subscribe(watcher);
  started.server.conversation = (id) => conversation(3, { id, unread: 3 });
  started.socket().receive({ event: "new_message", conversationId: "cnv_far", message: message(3, "cnv_far") });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(listener).toHaveBeenCalledTimes(1);
  expect(watcher).toHaveBeenCalled();
  expect(started.client.state.conversations.has("cnv_far")).toBe(true);
  expect(started.reported.map(String)).toContain("Error: of the page");
});
