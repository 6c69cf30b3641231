import type { Code, ConversationId, Message, Person } from "../protocol.ts";
import { Backoff } from "./backoff.ts";
import type { Connection } from "./connection.ts";
import type { Environment } from "./environment.ts";
import { ApiError } from "./errors.ts";
import { personKey } from "./person.ts";
import { keysOf } from "./storage-keys.ts";

/**
 * A message that is stored locally and not acknowledged yet. Every attempt sends the same
 * `clientMessageId` and the same `seenSeq`.
 */
export interface PendingMessage {
  readonly clientMessageId: string;
  readonly conversationId: ConversationId;
  readonly body: string;
  /**
   * The `seq` up to which the conversation was held without a gap, at the latest at the first
   * attempt. Absent if nothing was held.
   */
  readonly seenSeq?: number | undefined;
  /**
   * `false` until the first attempt. Only until then can `seenSeq` change. Absent in messages that
   * an older release stored.
   */
  readonly tried?: boolean;
  /** The time of writing by the device's clock, in milliseconds since 1970. */
  readonly writtenAt: number;
  /** Why the message has failed. Absent while it can still be sent. */
  readonly failed?: { readonly code?: Code; readonly reason: string };
}

/** What an outbox needs from its owner. */
export interface OutboxOwner {
  /**
   * Pending messages have changed, here or in another tab. `unstored` is true if the storage is
   * full and some would be lost with the page.
   */
  changed(pending: readonly PendingMessage[], unstored: boolean): void;
  /** A message was acknowledged, to this tab or to another one. */
  sent(message: Message): void;
  /** Returns the stored message of a pending one, if this client holds it. */
  stored(pending: PendingMessage): Message | undefined;
  /**
   * Returns the `seenSeq` for a message that was never sent. Loads the conversation's history if
   * necessary.
   */
  seenSeq(pending: PendingMessage): Promise<number | undefined>;
}

/** The result of a message, which the sending tab stores for the other tabs. */
interface Outcome {
  /** The stored message. */
  readonly sent: Message;
  /** The time of the result by the device's clock, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * Time for which an outcome is kept in the storage so that other tabs can read it, in milliseconds.
 */
const OUTCOME_KEPT_MS = 10_000;

/**
 * Time after which a message is sent without the lock, because the tab that holds it may be
 * suspended, in milliseconds.
 */
const LOCK_TIMEOUT_MS = 5_000;

/** Time for which no locks are requested after a lock was not granted in time, in milliseconds. */
const WITHOUT_LOCKS_MS = 60_000;

/**
 * A message has failed if the server has not accepted it for this time, in milliseconds, and for
 * the minimum number of attempts. Time without a connection does not count.
 */
const GIVE_UP_AFTER_MS = 60_000;
const GIVE_UP_TRIES = 3;

/** The pause of a conversation before its message is sent again. */
interface Pause {
  readonly backoff: Backoff;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The messages that are not acknowledged yet. Each has its own key in the browser's storage, so
 * that tabs do not overwrite each other's.
 *
 * This page also keeps its own messages in memory. A marker in the storage shows why a message is
 * missing there. With the marker, another tab has sent or discarded the message. Without it, the
 * storage was cleared and the message is stored again.
 *
 * The messages of a conversation are sent one at a time and by one tab at a time. The sending tab
 * holds a lock with the conversation's name, and reads the storage again after it has the lock. The
 * lock only saves requests: a message that two tabs send is stored once.
 */
export class Outbox {
  readonly #environment: Environment;
  readonly #connection: Pick<Connection, "open" | "request">;
  readonly #owner: OutboxOwner;
  readonly #prefix: string;
  readonly #outcomes: string;
  readonly #marker: string;
  /** The messages that this page has written. */
  readonly #memory = new Map<string, PendingMessage>();
  /** The ids of those that could not be stored. */
  readonly #unwritten = new Set<string>();
  readonly #sending = new Set<ConversationId>();
  readonly #pauses = new Map<ConversationId, Pause>();
  /**
   * For each message, the time since which it is not accepted and the number of attempts since
   * then.
   */
  readonly #failures = new Map<string, { readonly since: number; tries: number }>();
  #withoutLocksUntil = Number.NEGATIVE_INFINITY;
  #running = false;
  #forgetting: ReturnType<typeof setTimeout> | undefined;

  constructor(environment: Environment, me: Person, connection: Pick<Connection, "open" | "request">, owner: OutboxOwner) {
    this.#environment = environment;
    this.#connection = connection;
    this.#owner = owner;
    this.#prefix = `order-chat/outbox/${personKey(me)}/`;
    this.#outcomes = `order-chat/outcomes/${personKey(me)}/`;
    this.#marker = `order-chat/outbox-marker/${personKey(me)}`;
  }

  /** The pending and failed messages, in the order of writing. */
  get pending(): readonly PendingMessage[] {
    const all = this.#stored();
    for (const [clientMessageId, pending] of this.#memory) {
      if (!all.has(clientMessageId) && !this.#isSettled(clientMessageId)) all.set(clientMessageId, pending);
    }
    return [...all.values()].sort((one, other) => one.writtenAt - other.writtenAt);
  }

  /** Returns true if a storage key belongs to this outbox; `null` stands for all keys. */
  owns(key: string | null): boolean {
    return key === null || key.startsWith(this.#prefix) || key.startsWith(this.#outcomes);
  }

  /** Stores a message and sends it as soon as possible. Returns its `clientMessageId`. */
  add(conversationId: ConversationId, body: string, seenSeq: number | undefined): string {
    const last = this.pending.at(-1)?.writtenAt ?? 0;
    // Must be later than the previous message, also within one millisecond, to keep the order of
    // writing.
    const writtenAt = Math.max(this.#environment.now(), last + 1);
    const clientMessageId = this.#environment.uuid();
    this.#put({ clientMessageId, conversationId, body, ...(seenSeq !== undefined && { seenSeq }), tried: false, writtenAt });
    // Requesting the lock takes a moment, in which the message is shown.
    this.flush();
    this.#changed();
    return clientMessageId;
  }

  /** Sends a failed message again, with the same id, so that it cannot appear twice. */
  retry(clientMessageId: string): void {
    const pending = this.#find(clientMessageId);
    if (pending === undefined) return;
    const { failed: _, ...again } = pending;
    this.#put(again);
    this.#changed();
    this.#endPause(pending.conversationId);
    this.flush();
  }

  /** Deletes a message. */
  discard(clientMessageId: string): void {
    this.#forget(clientMessageId);
    this.#changed();
  }

  /** Call it when another tab has changed a storage key; `null` stands for all keys. */
  storageChanged(key: string | null): void {
    if (!this.owns(key)) return;
    const clientMessageId = key?.split("/").at(-1);
    if (clientMessageId !== undefined) this.#tellOutcome(clientMessageId);
    this.#changed();
    this.flush();
  }

  /**
   * Sends pending messages if there is a connection. A conversation in a pause waits for its end.
   */
  flush(): void {
    if (!this.#running) return;
    const waiting = new Set(this.pending.filter(({ failed }) => failed === undefined).map(({ conversationId }) => conversationId));
    for (const conversationId of waiting) void this.#drain(conversationId);
  }

  /** Call it after a connect. Sends pending messages without waiting for pauses. */
  connected(): void {
    this.#failures.clear();
    for (const conversationId of this.#pauses.keys()) this.#endPause(conversationId);
    this.flush();
  }

  /** Starts sending. */
  start(): void {
    this.#running = true;
    this.#changed();
    this.flush();
  }

  /** Stops sending until {@link start}. */
  stop(): void {
    this.#running = false;
    for (const conversationId of this.#pauses.keys()) this.#endPause(conversationId);
    this.#forgetOutcomes(0);
  }

  /** Sends the pending messages of a conversation one after another. */
  async #drain(conversationId: ConversationId): Promise<void> {
    if (this.#sending.has(conversationId) || this.#pauses.get(conversationId)?.timer !== undefined) return;
    this.#sending.add(conversationId);
    let again: number | undefined;
    try {
      let next = this.#next(conversationId);
      while (next !== undefined && this.#connection.open && again === undefined) {
        const { clientMessageId } = next;
        const seenSeq = next.tried === false ? await this.#owner.seenSeq(next) : undefined;
        again = await this.#withLock(conversationId, () => this.#send(clientMessageId, seenSeq));
        next = this.#next(conversationId);
      }
    } finally {
      this.#sending.delete(conversationId);
    }
    if (!this.#running) return;
    if (again !== undefined) this.#pause(conversationId, again);
    else if (this.#connection.open && this.#next(conversationId) !== undefined) this.flush();
  }

  #pause(conversationId: ConversationId, milliseconds: number): void {
    const timer = setTimeout(() => {
      this.#endPause(conversationId);
      void this.#drain(conversationId);
    }, milliseconds);
    this.#pauses.set(conversationId, { backoff: this.#backoffOf(conversationId), timer });
  }

  #endPause(conversationId: ConversationId): void {
    const pause = this.#pauses.get(conversationId);
    clearTimeout(pause?.timer);
    if (pause !== undefined) pause.timer = undefined;
  }

  #backoffOf(conversationId: ConversationId): Backoff {
    return this.#pauses.get(conversationId)?.backoff ?? new Backoff(() => this.#environment.random());
  }

  /**
   * Sends one message. Returns the pause before the next attempt in milliseconds, or undefined if
   * none is needed.
   */
  async #send(clientMessageId: string, seenSeq: number | undefined): Promise<number | undefined> {
    // Another tab may have sent, failed or discarded it while this tab waited for the lock.
    let pending = this.#find(clientMessageId);
    if (pending === undefined || pending.failed !== undefined || !this.#connection.open) return undefined;
    const stored = this.#owner.stored(pending);
    if (stored !== undefined) {
      this.#acknowledged(clientMessageId, stored);
      return undefined;
    }
    if (pending.tried === false) {
      // Stored before the frame is sent, because every retry must send the same.
      pending = { ...pending, tried: true, ...(seenSeq !== undefined && { seenSeq }) };
      this.#put(pending);
    }
    const { conversationId, body } = pending;
    const about = pending.seenSeq === undefined ? {} : { seenSeq: pending.seenSeq };
    try {
      const ack = await this.#connection.request({ action: "send_message", conversationId, clientMessageId, body, ...about });
      this.#pauses.delete(conversationId);
      this.#acknowledged(clientMessageId, "message" in ack ? ack.message : undefined);
      return undefined;
    } catch (problem) {
      return this.#failed(pending, problem);
    }
  }

  #acknowledged(clientMessageId: string, message: Message | undefined): void {
    this.#forget(clientMessageId, message);
    if (message !== undefined) this.#owner.sent(message);
    this.#changed();
  }

  /**
   * Handles a failed attempt. Returns the pause before the next one in milliseconds, or `undefined`
   * if there is none.
   */
  #failed(pending: PendingMessage, problem: unknown): number | undefined {
    if (problem instanceof ApiError && !problem.retryable) {
      this.#fail(pending, { ...(problem.code && { code: problem.code }), reason: problem.message });
      return undefined;
    }
    if (problem instanceof ApiError && problem.retryAfterMs !== undefined) return problem.retryAfterMs;
    // A broken connection says nothing about the message.
    const isNotAccepted = problem instanceof ApiError || this.#connection.open;
    if (!isNotAccepted) this.#failures.delete(pending.clientMessageId);
    else if (this.#givesUp(pending.clientMessageId)) {
      this.#fail(pending, { reason: "The shop's server did not accept it." });
      return undefined;
    }
    const { conversationId } = pending;
    const backoff = this.#backoffOf(conversationId);
    this.#pauses.set(conversationId, { backoff, timer: undefined });
    return backoff.next();
  }

  /** Counts an attempt that the server did not accept. Returns true if it was the last one. */
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
   * Runs `work` while no other tab does the same. A suspended tab may keep its lock, so after some
   * seconds `work` runs without it.
   */
  async #withLock<Result>(conversationId: ConversationId, work: () => Promise<Result>): Promise<Result> {
    const { locks } = this.#environment;
    if (locks === undefined || this.#environment.monotonic() < this.#withoutLocksUntil) return work();
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), LOCK_TIMEOUT_MS);
    let result: Promise<Result> | undefined;
    // Runs the work only once, with or without the lock, and keeps its promise.
    const once = () => {
      clearTimeout(timer);
      return (result ??= work());
    };
    try {
      await locks.request(this.#prefix + conversationId, { signal: abort.signal }, once);
    } catch {
      // Without a result no lock was granted in time or locks are forbidden. If the work itself
      // failed, its promise fails again below.
      if (result === undefined) this.#withoutLocksUntil = this.#environment.monotonic() + WITHOUT_LOCKS_MS;
    }
    return once();
  }

  /** Synchronizes memory and storage, and passes the pending messages to the owner. */
  #changed(): void {
    const stored = this.#stored();
    for (const [clientMessageId, pending] of this.#memory) {
      if (stored.has(clientMessageId)) continue;
      if (this.#isSettled(clientMessageId)) {
        this.#tellOutcome(clientMessageId);
        this.#memory.delete(clientMessageId);
      } else this.#put(pending);
    }
    for (const pending of this.pending) {
      const message = this.#owner.stored(pending);
      if (message !== undefined) this.#forget(pending.clientMessageId, message);
    }
    this.#owner.changed(this.pending, this.#unwritten.size > 0);
  }

  /** Returns true if another tab has sent or discarded a message that this page has written. */
  #isSettled(clientMessageId: string): boolean {
    return !this.#unwritten.has(clientMessageId) && this.#environment.storage.getItem(this.#marker) !== null;
  }

  /** Informs the owner if another tab has sent a message. */
  #tellOutcome(clientMessageId: string): void {
    const outcome = parse<Outcome>(this.#environment.storage.getItem(this.#outcomes + clientMessageId));
    if (outcome?.sent !== undefined) this.#owner.sent(outcome.sent);
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

  /** Removes outcomes that are older than `age` milliseconds. The clock may have been set back. */
  #forgetOutcomes(age: number): void {
    clearTimeout(this.#forgetting);
    this.#forgetting = undefined;
    const { storage } = this.#environment;
    const now = this.#environment.now();
    for (const key of keysOf(storage, this.#outcomes)) {
      const outcome = parse<Outcome>(storage.getItem(key));
      if (outcome === undefined || Math.abs(now - outcome.at) >= age) storage.removeItem(key);
    }
  }

  /** Stores a message in its current state. */
  #put(pending: PendingMessage): void {
    const { clientMessageId } = pending;
    const { storage } = this.#environment;
    this.#memory.set(clientMessageId, pending);
    try {
      // Without the marker the storage was cleared. Once the marker is set, a missing message
      // counts as sent, so all are stored again.
      const missing = storage.getItem(this.#marker) === null ? [...this.#memory.values()] : [pending];
      for (const each of missing) storage.setItem(this.#prefix + each.clientMessageId, JSON.stringify(each));
      storage.setItem(this.#marker, "1");
      this.#unwritten.delete(clientMessageId);
    } catch {
      // The storage is full or forbidden. The message is kept in memory, and the stored version is
      // outdated.
      storage.removeItem(this.#prefix + clientMessageId);
      this.#unwritten.add(clientMessageId);
    }
  }

  /**
   * Removes a message that was discarded or sent. A sent message is stored as an outcome for the
   * other tabs.
   */
  #forget(clientMessageId: string, sent?: Message): void {
    this.#failures.delete(clientMessageId);
    this.#memory.delete(clientMessageId);
    this.#unwritten.delete(clientMessageId);
    const { storage } = this.#environment;
    try {
      // Store the outcome first. Otherwise another tab could see neither the message nor its
      // outcome.
      if (sent !== undefined) storage.setItem(this.#outcomes + clientMessageId, JSON.stringify({ sent, at: this.#environment.now() } satisfies Outcome));
    } catch {
      // The storage is full: the other tabs learn of the message from the server.
    }
    storage.removeItem(this.#prefix + clientMessageId);
    this.#forgetting ??= setTimeout(() => this.#forgetOutcomes(OUTCOME_KEPT_MS), OUTCOME_KEPT_MS);
  }
}

/** Parses a value that this library has stored. Returns `undefined` if that fails. */
function parse<Value>(text: string | null): Value | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && value !== null ? (value as Value) : undefined;
  } catch {
    return undefined;
  }
}
