import type { Code, ConversationId, Message, Person } from "../protocol.ts";
import { Backoff } from "./backoff.ts";
import type { Connection } from "./connection.ts";
import type { Environment } from "./environment.ts";
import { ApiError } from "./errors.ts";
import { personKey } from "./person.ts";

/** A message that is written down and not acknowledged. Every try sends the same `clientMessageId` and the same `seenSeq`. */
export interface PendingMessage {
  readonly clientMessageId: string;
  readonly conversationId: ConversationId;
  readonly body: string;
  /** Up to where the conversation was held without a gap, at the latest when it was first sent. Absent if nothing was held. */
  readonly seenSeq?: number | undefined;
  /** `false` until it is first sent: only so long may `seenSeq` change. Absent in what an older release stored. */
  readonly tried?: boolean;
  /** When it was written by the device's clock, in milliseconds since 1970. */
  readonly writtenAt: number;
  /** Why the server does not take it; absent while it may still pass. */
  readonly failed?: { readonly code?: Code; readonly reason: string };
}

/** What an outbox asks and tells its owner. */
export interface OutboxOwner {
  /** What waits has changed, here or in another tab. `unstored`: some of it is lost when the page closes, for the storage is full. */
  changed(pending: readonly PendingMessage[], unstored: boolean): void;
  /** A message was acknowledged, to this tab or to another one. */
  sent(message: Message): void;
  /** The stored message that a pending one has become, if this client holds it. */
  stored(pending: PendingMessage): Message | undefined;
  /** The `seenSeq` for a message that was never sent; loads the conversation's history if need be. */
  seenSeq(pending: PendingMessage): Promise<number | undefined>;
}

/** What became of a message, as the tab that knows tells the others. */
interface Outcome {
  /** The stored message; absent for one that was discarded. */
  readonly sent?: Message | undefined;
  /** When, by the device's clock, in milliseconds since 1970. */
  readonly at: number;
}

/** Every tab has heard of an outcome that is older than this, in milliseconds. */
const OUTCOME_KEPT_MS = 60_000;

/** Another tab that holds the lock for longer than this may be suspended: then it is sent without the lock; in milliseconds. */
const LOCK_TIMEOUT_MS = 5_000;

/** A message that the server has not taken for this long and after so many tries, while there was a connection, has failed. */
const GIVE_UP_AFTER_MS = 60_000;
const GIVE_UP_TRIES = 3;

/**
 * The messages that are not acknowledged yet, in the browser's storage: one key each, so that tabs never overwrite one another.
 * What this page has written is in its memory too, and written again if the page's own code clears the storage.
 *
 * A conversation's messages go out one at a time, and from one tab at a time: whoever sends holds a lock by the conversation's name,
 * and looks at the storage again once it has it. The lock saves requests; a message that two tabs send is stored once.
 */
export class Outbox {
  readonly #environment: Environment;
  readonly #connection: Pick<Connection, "open" | "request">;
  readonly #owner: OutboxOwner;
  readonly #prefix: string;
  readonly #outcomes: string;
  /** What this page has put, also where the storage did not take it. */
  readonly #memory = new Map<string, PendingMessage>();
  readonly #sending = new Set<ConversationId>();
  readonly #backoff: Backoff;
  /** Since when a message is not taken, and how often it was tried since. */
  readonly #failures = new Map<string, { readonly since: number; tries: number }>();
  #running = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(environment: Environment, me: Person, connection: Pick<Connection, "open" | "request">, owner: OutboxOwner) {
    this.#environment = environment;
    this.#connection = connection;
    this.#owner = owner;
    this.#prefix = `order-chat/outbox/${personKey(me)}/`;
    this.#outcomes = `order-chat/outcomes/${personKey(me)}/`;
    this.#backoff = new Backoff(() => environment.random());
  }

  /** What waits or has failed, in the order in which it was written. */
  get pending(): readonly PendingMessage[] {
    return [...this.#all().values()].sort((one, other) => one.writtenAt - other.writtenAt);
  }

  /** Whether a key of the storage is this outbox's; `null` stands for all keys. */
  owns(key: string | null): boolean {
    return key === null || key.startsWith(this.#prefix) || key.startsWith(this.#outcomes);
  }

  /** Writes a message down, and sends it as soon as it can be sent. Answers its `clientMessageId`. */
  add(conversationId: ConversationId, body: string, seenSeq: number | undefined): string {
    const last = this.pending.at(-1)?.writtenAt ?? 0;
    // A little later than the one before it, even within one millisecond: the order is that of writing.
    const writtenAt = Math.max(this.#environment.now(), last + 1);
    const clientMessageId = this.#environment.uuid();
    this.#put({ clientMessageId, conversationId, body, ...(seenSeq !== undefined && { seenSeq }), tried: false, writtenAt });
    // Asking for the lock takes a moment: showing the message fits into it.
    this.flush();
    this.#changed();
    return clientMessageId;
  }

  /** Tries a failed message again: the same one, so it cannot appear twice. */
  retry(clientMessageId: string): void {
    const pending = this.#find(clientMessageId);
    if (pending === undefined) return;
    const { failed: _, ...again } = pending;
    this.#put(again);
    this.#changed();
    this.flush();
  }

  /** Forgets a message. */
  discard(clientMessageId: string): void {
    this.#settle(clientMessageId, undefined);
    this.#changed();
  }

  /** A key of the storage was changed by another tab; `null` stands for all keys. */
  storageChanged(key: string | null): void {
    if (!this.owns(key)) return;
    this.#changed();
    this.flush();
  }

  /** Sends what waits, if there is a connection. */
  flush(): void {
    if (!this.#running) return;
    const waiting = new Set(this.pending.filter(({ failed }) => failed === undefined).map(({ conversationId }) => conversationId));
    for (const conversationId of waiting) void this.#drain(conversationId);
  }

  /** Begins to send. */
  start(): void {
    this.#running = true;
    this.#changed();
    this.flush();
  }

  /** Sends nothing more until {@link start}. */
  stop(): void {
    this.#running = false;
    clearTimeout(this.#retry);
  }

  /** Sends what waits in a conversation, one after the other. */
  async #drain(conversationId: ConversationId): Promise<void> {
    if (this.#sending.has(conversationId)) return;
    this.#sending.add(conversationId);
    let again: number | undefined;
    try {
      let next = this.#next(conversationId);
      while (next !== undefined && this.#connection.open && again === undefined) {
        const { clientMessageId } = next;
        const seenSeq = next.tried === false ? await this.#owner.seenSeq(next) : undefined;
        again = await this.#alone(conversationId, () => this.#send(clientMessageId, seenSeq));
        next = this.#next(conversationId);
      }
    } finally {
      this.#sending.delete(conversationId);
    }
    if (!this.#running) return;
    if (again !== undefined) this.#retry = setTimeout(() => this.flush(), again);
    else if (this.#connection.open && this.#next(conversationId) !== undefined) this.flush();
  }

  /** Sends one; answers how many milliseconds to wait if it has to be tried again. */
  async #send(clientMessageId: string, seenSeq: number | undefined): Promise<number | undefined> {
    // Another tab may have sent, failed or discarded it while this one waited for the lock.
    let pending = this.#find(clientMessageId);
    if (pending === undefined || pending.failed !== undefined || !this.#connection.open) return undefined;
    const stored = this.#owner.stored(pending);
    if (stored !== undefined) {
      this.#acknowledged(clientMessageId, stored);
      return undefined;
    }
    if (pending.tried === false) {
      // Written down before the frame goes out: every repeat has to say the same.
      pending = { ...pending, tried: true, ...(seenSeq !== undefined && { seenSeq }) };
      this.#put(pending);
    }
    const { conversationId, body } = pending;
    const about = pending.seenSeq === undefined ? {} : { seenSeq: pending.seenSeq };
    try {
      const ack = await this.#connection.request({ action: "send_message", conversationId, clientMessageId, body, ...about });
      this.#backoff.reset();
      this.#acknowledged(clientMessageId, "message" in ack ? ack.message : undefined);
      return undefined;
    } catch (problem) {
      return this.#failed(pending, problem);
    }
  }

  #acknowledged(clientMessageId: string, message: Message | undefined): void {
    this.#settle(clientMessageId, message);
    if (message !== undefined) this.#owner.sent(message);
    this.#changed();
  }

  /** After a try that failed: how many milliseconds to wait before the next one; `undefined` if there will be none by itself. */
  #failed(pending: PendingMessage, problem: unknown): number | undefined {
    if (problem instanceof ApiError && !problem.retryable) {
      this.#fail(pending, { ...(problem.code && { code: problem.code }), reason: problem.message });
      return undefined;
    }
    if (problem instanceof ApiError && problem.retryAfterMs !== undefined) return problem.retryAfterMs;
    // A connection that broke says nothing about the message.
    const notTaken = problem instanceof ApiError || this.#connection.open;
    if (notTaken && this.#givesUp(pending.clientMessageId)) {
      this.#fail(pending, { reason: "The shop's server does not take it right now." });
      return undefined;
    }
    return this.#backoff.next();
  }

  /** Counts a try that the server did not take; answers whether it was the last one. */
  #givesUp(clientMessageId: string): boolean {
    const now = this.#environment.monotonic();
    const failures = this.#failures.get(clientMessageId) ?? { since: now, tries: 0 };
    failures.tries += 1;
    this.#failures.set(clientMessageId, failures);
    return failures.tries >= GIVE_UP_TRIES && now - failures.since >= GIVE_UP_AFTER_MS;
  }

  #fail(pending: PendingMessage, failed: NonNullable<PendingMessage["failed"]>): void {
    this.#failures.delete(pending.clientMessageId);
    // Another tab may have discarded it meanwhile.
    if (this.#find(pending.clientMessageId) !== undefined) this.#put({ ...pending, failed });
    this.#changed();
  }

  #next(conversationId: ConversationId): PendingMessage | undefined {
    if (!this.#running) return undefined;
    return this.pending.find((pending) => pending.conversationId === conversationId && pending.failed === undefined);
  }

  #find(clientMessageId: string): PendingMessage | undefined {
    return this.pending.find((pending) => pending.clientMessageId === clientMessageId);
  }

  /**
   * Does `work` while no other tab does the same. A suspended tab may keep its lock for ever: after some seconds the work is
   * done without it.
   */
  async #alone<Result>(conversationId: ConversationId, work: () => Promise<Result>): Promise<Result> {
    const { locks } = this.#environment;
    if (locks === undefined) return work();
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), LOCK_TIMEOUT_MS);
    let result: Promise<Result> | undefined;
    const begin = () => {
      clearTimeout(timer);
      return (result ??= work());
    };
    try {
      await locks.request(this.#prefix + conversationId, { signal: abort.signal }, begin);
    } catch {
      // No lock in time, or locks are forbidden here. What the work itself throws is thrown below.
    }
    return begin();
  }

  /** Tells the owner what waits. Writes what this page has put again where somebody has cleared the storage. */
  #changed(): void {
    this.#forgetOutcomes();
    const stored = this.#stored();
    let unstored = false;
    for (const [clientMessageId, pending] of this.#all()) {
      if (!stored.has(clientMessageId) && !this.#put(pending)) unstored = true;
    }
    this.#owner.changed(this.pending, unstored);
  }

  /** What is in the storage, and what this page has put and no tab has settled. */
  #all(): Map<string, PendingMessage> {
    const all = this.#stored();
    for (const [clientMessageId, pending] of this.#memory) {
      if (all.has(clientMessageId)) continue;
      const outcome = parse<Outcome>(this.#environment.storage.getItem(this.#outcomes + clientMessageId));
      if (outcome === undefined) all.set(clientMessageId, pending);
      else this.#memory.delete(clientMessageId);
      if (outcome?.sent !== undefined) this.#owner.sent(outcome.sent);
    }
    return all;
  }

  #stored(): Map<string, PendingMessage> {
    const { storage } = this.#environment;
    const found = new Map<string, PendingMessage>();
    for (const key of keysOf(storage, this.#prefix)) {
      const pending = parse<PendingMessage>(storage.getItem(key));
      if (pending?.clientMessageId !== undefined) found.set(pending.clientMessageId, pending);
    }
    return found;
  }

  #forgetOutcomes(): void {
    const { storage } = this.#environment;
    const now = this.#environment.now();
    for (const key of keysOf(storage, this.#outcomes)) {
      const outcome = parse<Outcome>(storage.getItem(key));
      if (outcome === undefined || Math.abs(now - outcome.at) > OUTCOME_KEPT_MS) storage.removeItem(key);
    }
  }

  /** Writes a message down as it is now; answers whether the storage took it. */
  #put(pending: PendingMessage): boolean {
    const { clientMessageId } = pending;
    this.#memory.set(clientMessageId, pending);
    try {
      this.#environment.storage.setItem(this.#prefix + clientMessageId, JSON.stringify(pending));
      return true;
    } catch {
      // The storage is full or forbidden: the message lives as long as the page. What it held of it before is out of date.
      this.#environment.storage.removeItem(this.#prefix + clientMessageId);
      return false;
    }
  }

  /** Removes a message that was stored or, without `sent`, discarded, and tells the other tabs. */
  #settle(clientMessageId: string, sent: Message | undefined): void {
    this.#failures.delete(clientMessageId);
    this.#memory.delete(clientMessageId);
    const { storage } = this.#environment;
    const outcome: Outcome = { at: this.#environment.now(), ...(sent && { sent }) };
    try {
      storage.setItem(this.#outcomes + clientMessageId, JSON.stringify(outcome));
    } catch {
      // The storage is full: a tab that still has the message sends it again, and learns that it is stored.
    }
    storage.removeItem(this.#prefix + clientMessageId);
  }
}

function keysOf(storage: Storage, prefix: string): readonly string[] {
  const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
  return keys.filter((key) => key !== null).filter((key) => key.startsWith(prefix));
}

/** A value that this library has written; `undefined` where it is none. */
function parse<Value>(text: string | null): Value | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && value !== null ? (value as Value) : undefined;
  } catch {
    return undefined;
  }
}
