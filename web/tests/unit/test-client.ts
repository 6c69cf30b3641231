import { MemoryStorage } from "../../src/app/memory-storage.ts";
import { vi } from "vitest";
import { ChatClient } from "../../src/client/client.ts";
import type { Outbox, OutboxOwner } from "../../src/client/outbox.ts";
import { type PendingMessage, isMessage } from "../../src/client/pending.ts";
import type { Environment } from "../../src/client/environment.ts";
import type { Change, Conversation, ConversationStatus, Emoji, History, Message, Person } from "../../src/protocol.ts";

/** Returns a customer's message. */
export function message(seq: number, conversationId = "cnv_a"): Message {
  const sender = { userId: "mia", role: "customer", name: "Mia" } as const;
  return { conversationId, seq, id: `msg_${seq}`, sender, kind: "text", body: String(seq), createdAt: "2026-03-01T09:30:00.000Z" };
}

/** Returns a customer's messages, from one `seq` to another. */
export function messages(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
}

const BY: Person = { userId: "grace", role: "admin", name: "Grace" };
const AT = "2026-03-01T09:31:00.000Z";
const about = (seq: number, by: Person) => ({ conversationId: "cnv_a", seq, changeId: `change_${seq}`, by, createdAt: AT });

/** Returns an admin's change of the conversation's status. */
export function statusChange(seq: number, from: ConversationStatus, to: ConversationStatus): Change {
  return { ...about(seq, BY), type: "status", from, to };
}

/** Returns a reaction to a message. */
export function reaction(seq: number, target: number, emoji: Emoji = "👍", on = true, by = BY): Change {
  return { ...about(seq, by), type: "reacted", target, emoji, on };
}

/** Returns an edit of a message. */
export function edit(seq: number, target: number, by = BY): Change {
  return { ...about(seq, by), type: "edited", target };
}

/** Returns a conversation as events contain it, without `unread`. */
export function conversation(lastSeq: number, parts: Partial<Conversation> = {}): Conversation {
  const [id, createdAt] = [parts.id ?? "cnv_a", "2026-03-01T09:30:00.000Z"];
  return {
    id,
    orderId: "ord_a",
    customerId: "mia",
    customerName: "Mia",
    status: "active",
    order: { id: "ord_a", title: "Desk lamp", total: 1, currency: "EUR", status: "pending", createdAt },
    lastSeq,
    lastMessage: message(lastSeq, id),
    lastActivityAt: createdAt,
    participants: [],
    createdAt,
    ...parts,
  };
}

/** The owner of an outbox that knows nothing and shows nothing. */
export const outboxOwner: OutboxOwner = {
  changed: () => undefined,
  sent: () => undefined,
  stored: () => undefined,
  seenSeq: (pending) => Promise.resolve("seenSeq" in pending ? pending.seenSeq : undefined),
  seqOf: () => undefined,
  overtakenBy: () => undefined,
  overtaken: () => undefined,
  send: () => Promise.reject(new Error("nothing is sent")),
};

/** Returns the messages of an outbox. */
export function pendingMessages({ pending }: Outbox): readonly PendingMessage[] {
  return pending.filter(isMessage);
}

/** Web Locks that are shared by tabs of one browser: exclusive by name, first come first served. */
export class SharedLocks {
  readonly #tails = new Map<string, Promise<unknown>>();

  request<Result>(name: string, { signal }: { signal: AbortSignal }, work: () => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const given = new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      void before.then(() => resolve());
    });
    const result = given.then(work);
    this.#tails.set(name, before.then(() => result.catch(() => undefined)));
    return result;
  }

  /** Simulates a tab that is suspended while it holds the lock. */
  suspendHolder(name: string): void {
    this.#tails.set(name, new Promise(() => {}));
  }
}

/** A fake WebSocket. The test plays the server. */
export class FakeSocket extends EventTarget {
  static opened: FakeSocket[] = [];
  /** Gets every frame that the client sends. */
  static heard: ((socket: FakeSocket, frame: Record<string, unknown>) => void) | undefined;
  readonly sent: Record<string, unknown>[] = [];
  readyState = 0;
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
    FakeSocket.opened.push(this);
    queueMicrotask(() => {
      this.readyState = 1;
      this.dispatchEvent(new Event("open"));
    });
  }

  send(text: string): void {
    const frame = JSON.parse(text) as Record<string, unknown>;
    this.sent.push(frame);
    FakeSocket.heard?.(this, frame);
  }

  /** Delivers a frame from the server. */
  receive(frame: object | string): void {
    this.dispatchEvent(new MessageEvent("message", { data: typeof frame === "string" ? frame : JSON.stringify(frame) }));
  }

  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.dispatchEvent(new Event("close")));
  }
}

let ids = 0;

/** Returns an environment for tests. Its clock is `Date`, so fake timers control it. */
export function testEnvironment(parts: Partial<Environment> = {}): Environment {
  return {
    api: "http://test",
    fetch: () => Promise.reject(new Error("no network")),
    WebSocket: FakeSocket as unknown as typeof WebSocket,
    storage: new MemoryStorage(),
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => 0.5,
    uuid: () => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, "0")}`,
    visible: () => true,
    reportError: (error) => {
      throw error;
    },
    ...parts,
  };
}

/** Waits until all pending promises that need no timer are settled. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/**
 * The fake server of {@link startClient}. A method that throws makes the request fail like a lost
 * network.
 */
export interface Server {
  list(query: URLSearchParams): { items?: Conversation[]; nextCursor?: string | undefined; asOf?: string };
  conversation(id: string): Conversation | undefined;
  history(query: URLSearchParams, id: string): History | undefined;
  /** Answers a request before the other methods. `undefined` passes the request on to them. */
  answer(path: string, bearer: string): Response | Promise<Response> | undefined;
}

/** A running client and its fake server. */
export interface StartedClient {
  readonly client: ChatClient;
  readonly server: Server;
  /** The URLs of all REST requests but those of {@link sent}. */
  readonly asked: string[];
  /** The errors that the client has reported. */
  readonly reported: unknown[];
  readonly environment: Environment;
  /**
   * The fields of the messages and changes that were sent, in order. Each waits for {@link answer}
   * or {@link refuse}.
   */
  readonly sent: Record<string, unknown>[];
  /** Answers what was sent, by its index in {@link sent}. */
  answer(index: number, answer: object): Promise<void>;
  /** Refuses what was sent, by its index in {@link sent}. */
  refuse(index: number, problem: object): Promise<void>;
  /** Returns the newest WebSocket. */
  socket(): FakeSocket;
  /** Returns the frames with this action that were sent on the newest connection. */
  sentFrames(action: string): Record<string, unknown>[];
}

const SHOP_ADMIN: Person = { userId: "grace", role: "admin", name: "Grace" };

/** Starts a client. REST requests take 1 ms. */
export async function startClient(
  parts: Partial<Server> = {},
  { me = SHOP_ADMIN, token = "h.e30.s", renew = () => Promise.resolve(undefined), environment: more = {} }: {
    me?: Person;
    token?: string;
    renew?: () => Promise<string | undefined>;
    environment?: Partial<Environment>;
  } = {},
): Promise<StartedClient> {
  FakeSocket.opened = [];
  const [asked, reported]: [string[], unknown[]] = [[], []];
  const sent: Record<string, unknown>[] = [];
  const answers: ((answer: object, refused: boolean) => void)[] = [];
  /** A message goes over REST. It waits until the test answers, or the client gives up. */
  const post = (path: string, { body, signal }: RequestInit): Promise<Response> => {
    const [, conversationId] = /conversations\/([^/]+)\/messages$/.exec(path) ?? [];
    sent.push({ conversationId, ...(JSON.parse(String(body)) as object) });
    return new Promise((resolve, reject) => {
      answers.push((answer, refused) => resolve(Response.json(refused ? { detail: "No.", ...answer } : answer, { status: refused ? 409 : 201 })));
      signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    });
  };
  /** A change goes by a frame. */
  FakeSocket.heard = (socketOf, { action, requestId, ...fields }) => {
    if (action !== "change_message") return;
    sent.push(fields);
    answers.push((answer, refused) => socketOf.receive(refused ? { event: "error", requestId, message: "No.", ...answer } : { event: "ack", requestId, duplicate: false, ...answer }));
  };
  const server: Server = {
    list: () => ({}),
    conversation: () => undefined,
    history: () => ({ messages: [], changes: [], others: [], lastSeq: 0, hasMore: false }),
    answer: () => undefined,
    ...parts,
  };
  const serverTime = () => new Date().toISOString();
  const body = (path: string): object | undefined => {
    const url = new URL(path);
    const [, id, messages] = /conversations\/([^/]+)(\/messages)?/.exec(url.pathname) ?? [];
    if (url.pathname.endsWith("/ticket")) return { url: "ws://test/", user: me, serverTime: serverTime() };
    if (id === undefined) return { items: [], asOf: serverTime(), ...server.list(url.searchParams) };
    if (messages !== undefined) return server.history(url.searchParams, id);
    const found = server.conversation(id);
    return found && { conversation: found };
  };
  const environment = testEnvironment({
    fetch: async (input, init) => {
      const path = String(input);
      if (init?.method === "POST" && path.includes("/messages")) return post(path, init);
      asked.push(path);
      const bearer = new Headers(init?.headers).get("authorization") ?? "";
      await new Promise((resolve) => setTimeout(resolve, 1));
      const special = server.answer(path, bearer);
      if (special !== undefined) return special;
      const found = body(path);
      return found === undefined ? Response.json({ code: "not_found" }, { status: 404 }) : Response.json(found);
    },
    reportError: (error) => void reported.push(error),
    ...more,
  });
  const client = new ChatClient(environment, { me, token, renew });
  const socket = () => {
    const newest = FakeSocket.opened.at(-1);
    if (newest === undefined) throw new Error("no socket was opened");
    return newest;
  };
  client.start();
  await vi.advanceTimersByTimeAsync(20);
  const settled = (refused: boolean) => async (index: number, about: object) => {
    answers[index]?.(about, refused);
    await vi.advanceTimersByTimeAsync(20);
  };
  return { client, server, asked, reported, environment, sent, answer: settled(false), refuse: settled(true), socket, sentFrames: (action) => socket().sent.filter((frame) => frame["action"] === action) };
}
