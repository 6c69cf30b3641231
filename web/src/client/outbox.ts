import type { ConversationId, Message, Person } from "../protocol.ts";
import { Backoff } from "./backoff.ts";
import type { Connection } from "./connection.ts";
import { type Decision, type PendingDecision, replaces } from "./decisions.ts";
import type { Environment } from "./environment.ts";
import { ApiError, NetworkError } from "./errors.ts";
import { PendingStorage } from "./outbox-storage.ts";
import {
  type Failure,
  type MessageChange,
  type Pending,
  type PendingChange,
  type PendingMessage,
  type Stored,
  idOf,
  isChange,
  isChangeOf,
  isDecision,
  isMessage,
  isNote,
} from "./pending.ts";

/** What an outbox needs from its owner. */
export interface OutboxOwner {
  /**
   * Pending messages have changed, here or in another tab. `unstored` is true if the storage is
   * full and some would be lost with the page.
   */
  changed(pending: readonly Pending[], unstored: boolean): void;
  /** Something was acknowledged, to this tab or to another one. */
  sent(stored: Stored): void;
  /** Returns what the server has stored for something pending, if this client holds it. */
  stored(pending: Pending): Stored | undefined;
  /**
   * Returns the `seenSeq`, or for a note or a decision the `seenDeskSeq`, of something that was never
   * sent. Loads what is necessary for that.
   */
  seenSeq(pending: Pending): Promise<number | undefined>;
  /** Returns the `seq` of the message that a change waits for, if the message is stored by now. */
  seqOf(change: PendingChange): number | undefined;
  /** Returns the answer of another admin that came after this message was written, if it is held. */
  overtakenBy(pending: PendingMessage): Message | undefined;
  /** Another admin's answer or decision has come first, so it is needed to decide. */
  overtaken(pending: Pending): void;
  /** Sends it once. Returns what the server has stored. */
  send(pending: Pending): Promise<Stored>;
}

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
 * Sends the messages, changes, notes and decisions that are not acknowledged yet.
 *
 * Those of a conversation are sent one at a time, in the order of writing, and by one tab at a time.
 * The sending tab holds a lock with the conversation's name, and reads the storage again after it
 * has the lock. The lock only saves requests: what two tabs send is stored once.
 *
 * A change of a message that is not acknowledged waits for it. What has failed is skipped.
 */
export class Outbox {
  readonly #environment: Environment;
  readonly #me: Person;
  readonly #connection: Pick<Connection, "check" | "open">;
  readonly #owner: OutboxOwner;
  readonly #storage: PendingStorage;
  readonly #sending = new Set<ConversationId>();
  readonly #pauses = new Map<ConversationId, Pause>();
  /** For each id, the time since which it is not accepted and the number of attempts since then. */
  readonly #failures = new Map<string, { readonly since: number; tries: number }>();
  #withoutLocksUntil = Number.NEGATIVE_INFINITY;
  #running = false;

  constructor(environment: Environment, me: Person, connection: Pick<Connection, "check" | "open">, owner: OutboxOwner) {
    this.#environment = environment;
    this.#me = me;
    this.#connection = connection;
    this.#owner = owner;
    this.#storage = new PendingStorage(environment, me);
  }

  /** What is pending or has failed, in the order of writing. */
  get pending(): readonly Pending[] {
    return this.#storage.pending;
  }

  /** Stores a message and sends it as soon as possible. Returns its `clientMessageId`. */
  add(conversationId: ConversationId, body: string, seenSeq: number | undefined, replyTo?: number): string {
    const clientMessageId = this.#environment.uuid();
    const about = { ...(seenSeq !== undefined && { seenSeq }), ...(replyTo !== undefined && { replyTo }) };
    return this.#add({ clientMessageId, conversationId, body, ...about, tried: false, writtenAt: this.#nextTime() });
  }

  /**
   * Stores a change of a message and sends it as soon as possible. A change that was not tried yet
   * and has the same purpose is replaced: a later text replaces an earlier one, and a reaction that
   * is added and removed again is not sent at all.
   */
  change(conversationId: ConversationId, message: { seq: number } | { clientMessageId: string }, change: MessageChange): void {
    const of = "seq" in message ? { seq: message.seq } : { of: message.clientMessageId };
    const target = "seq" in message ? message : { clientMessageId: message.clientMessageId };
    const untried = this.pending.find((each): each is PendingChange => {
      return each.conversationId === conversationId && each.tried === false && isChangeOf(each, target) && isSamePurpose(each.change, change);
    });
    if (untried !== undefined && "react" in change && "react" in untried.change) {
      if (untried.change.react.on !== change.react.on) this.discard(untried.changeId);
      return;
    }
    const { changeId, writtenAt } = untried ?? { changeId: this.#environment.uuid(), writtenAt: this.#nextTime() };
    this.#add({ changeId, conversationId, ...of, change, tried: false, writtenAt });
  }

  /** Stores a note and sends it as soon as possible. */
  note(conversationId: ConversationId, body: string): void {
    this.#add({ changeId: this.#environment.uuid(), conversationId, note: { body }, tried: false, writtenAt: this.#nextTime() });
  }

  /**
   * Stores a decision about a conversation and sends it as soon as possible. It replaces one with the
   * same purpose that was not tried yet.
   */
  decide(conversationId: ConversationId, decision: Decision): void {
    const untried = this.pending.find((each): each is PendingDecision => {
      return each.conversationId === conversationId && each.tried === false && isDecision(each) && replaces(decision, each.decision);
    });
    const { changeId, writtenAt } = untried ?? { changeId: this.#environment.uuid(), writtenAt: this.#nextTime() };
    this.#add({ changeId, conversationId, decision, tried: false, writtenAt });
  }

  /** Sends something failed again, with the same id, so that it cannot happen twice. */
  retry(id: string): void {
    const pending = this.#find(id);
    if (pending === undefined) return;
    const { failed, ...again } = pending;
    // The person has seen the other admin's answer.
    this.#storage.put(failed?.code === "overtaken" && isMessage(pending) ? { ...(again as PendingMessage), expectLast: false } : again);
    this.#changed();
    this.#endPause(pending.conversationId);
    this.flush();
  }

  /** Deletes something pending, and the changes that wait for it. */
  discard(id: string): void {
    const pending = this.#find(id);
    this.#forget(id);
    if (pending !== undefined && isMessage(pending)) {
      for (const each of this.pending) if (isChangeOf(each, pending)) this.#forget(each.changeId);
    }
    this.#changed();
  }

  /** Call it when another tab has changed a storage key; `null` stands for all keys. */
  storageChanged(key: string | null): void {
    if (!this.#storage.owns(key)) return;
    const id = key?.split("/").at(-1);
    if (id !== undefined) this.#tellOutcome(id);
    this.#changed();
    this.flush();
  }

  /**
   * Sends what is pending if there is a connection. A conversation in a pause waits for its end.
   */
  flush(): void {
    if (!this.#running) return;
    const waiting = new Set(this.pending.filter(({ failed }) => failed === undefined).map(({ conversationId }) => conversationId));
    for (const conversationId of waiting) void this.#drain(conversationId);
  }

  /** Call it after a connect. Sends what is pending without waiting for pauses. */
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
    this.#storage.forgetOutcomes(0);
  }

  /** Sends what is pending in a conversation, one after another. */
  async #drain(conversationId: ConversationId): Promise<void> {
    if (this.#sending.has(conversationId) || this.#pauses.get(conversationId)?.timer !== undefined) return;
    this.#sending.add(conversationId);
    let again: number | undefined;
    try {
      let next = this.#next(conversationId);
      while (next !== undefined && this.#connection.open && again === undefined) {
        const id = idOf(next);
        const seenSeq = next.tried === false ? await this.#owner.seenSeq(next) : undefined;
        again = await this.#withLock(conversationId, () => this.#send(id, seenSeq));
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
   * Sends one of them. Returns the pause before the next attempt in milliseconds, or undefined if
   * none is needed.
   */
  async #send(id: string, seenSeq: number | undefined): Promise<number | undefined> {
    // Another tab may have sent, failed or discarded it while this tab waited for the lock.
    let pending = this.#find(id);
    if (pending === undefined || pending.failed !== undefined || !this.#connection.open) return undefined;
    const stored = this.#owner.stored(pending);
    if (stored !== undefined) {
      this.#acknowledged(id, stored);
      return undefined;
    }
    if (isChange(pending) && pending.seq === undefined) {
      // Another tab may have sent the message without this tab's knowledge.
      const seq = this.#owner.seqOf(pending);
      if (seq === undefined) {
        this.#fail(pending, { reason: "The message is gone." });
        return undefined;
      }
      pending = { ...pending, seq };
    }
    if (pending.tried === false) {
      const overtakenBy = isMessage(pending) && pending.expectLast !== false ? this.#owner.overtakenBy(pending) : undefined;
      if (overtakenBy !== undefined) {
        this.#fail(pending, { code: "overtaken", reason: "", by: overtakenBy.sender.name });
        return undefined;
      }
      // Stored before it is sent, because every retry must send the same.
      pending = this.#tried(pending, seenSeq);
      this.#storage.put(pending);
    }
    try {
      const answer = await this.#owner.send(pending);
      this.#pauses.delete(pending.conversationId);
      this.#acknowledged(id, answer);
      return undefined;
    } catch (problem) {
      return this.#failed(pending, problem);
    }
  }

  /** Returns it with what every attempt has to repeat. */
  #tried(pending: Pending, seen: number | undefined): Pending {
    if (isNote(pending) || isDecision(pending)) return { ...pending, tried: true, seenDeskSeq: seen };
    const tried = { ...pending, tried: true, ...(seen !== undefined && { seenSeq: seen }) };
    const expects = isMessage(tried) && this.#me.role === "admin" && tried.seenSeq !== undefined && tried.expectLast === undefined;
    return expects ? { ...tried, expectLast: true } : tried;
  }

  #acknowledged(id: string, stored: Stored): void {
    this.#forget(id, stored);
    this.#owner.sent(stored);
    this.#changed();
  }

  /**
   * Handles a failed attempt. Returns the pause before the next one in milliseconds, or `undefined`
   * if there is none.
   */
  #failed(pending: Pending, problem: unknown): number | undefined {
    if (problem instanceof ApiError && !problem.retryable) {
      const { code, overtakenBy } = problem;
      this.#fail(pending, { ...(code && { code }), reason: problem.message, ...(overtakenBy && { by: overtakenBy.sender.name }) });
      if (code === "overtaken" || code === "already_assigned") this.#owner.overtaken(pending);
      return undefined;
    }
    if (problem instanceof ApiError && problem.retryAfterMs !== undefined) return problem.retryAfterMs;
    // Without an answer the connection may be broken too. A broken connection says nothing about
    // what was sent.
    if (problem instanceof NetworkError) this.#connection.check();
    const isNotAccepted = problem instanceof ApiError || this.#connection.open;
    if (!isNotAccepted) this.#failures.delete(idOf(pending));
    else if (this.#givesUp(idOf(pending))) {
      this.#fail(pending, { reason: "The shop's server did not accept it." });
      return undefined;
    }
    const { conversationId } = pending;
    const backoff = this.#backoffOf(conversationId);
    this.#pauses.set(conversationId, { backoff, timer: undefined });
    return backoff.next();
  }

  /** Counts an attempt that the server did not accept. Returns true if it was the last one. */
  #givesUp(id: string): boolean {
    const now = this.#environment.monotonic();
    const failures = this.#failures.get(id) ?? { since: now, tries: 0 };
    failures.tries += 1;
    this.#failures.set(id, failures);
    return failures.tries >= GIVE_UP_TRIES && now - failures.since >= GIVE_UP_AFTER_MS;
  }

  #fail(pending: Pending, failed: Failure): void {
    this.#failures.delete(idOf(pending));
    // Another tab may have discarded it meanwhile.
    if (this.#find(idOf(pending)) !== undefined) this.#storage.put({ ...pending, failed });
    this.#changed();
  }

  /** Returns the first that can be sent. A change of a failed message cannot. */
  #next(conversationId: ConversationId): Pending | undefined {
    if (!this.#running) return undefined;
    const all = this.pending.filter((each) => each.conversationId === conversationId);
    const waits = (each: Pending) => isChange(each) && all.some((message) => isMessage(message) && isChangeOf(each, message));
    return all.find((each) => each.failed === undefined && !waits(each));
  }

  #find(id: string): Pending | undefined {
    return this.pending.find((pending) => idOf(pending) === id);
  }

  /** Stores it, sends it as soon as possible, and returns its id. */
  #add(pending: Pending): string {
    this.#storage.put(pending);
    // Requesting the lock takes a moment, in which it is shown.
    this.flush();
    this.#changed();
    return idOf(pending);
  }

  /**
   * Returns the time of writing. It must be later than the previous one, also within one
   * millisecond, to keep the order of writing.
   */
  #nextTime(): number {
    return Math.max(this.#environment.now(), (this.pending.at(-1)?.writtenAt ?? 0) + 1);
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
      await locks.request(this.#storage.prefix + conversationId, { signal: abort.signal }, once);
    } catch {
      // Without a result no lock was granted in time or locks are forbidden. If the work itself
      // failed, its promise fails again below.
      if (result === undefined) this.#withoutLocksUntil = this.#environment.monotonic() + WITHOUT_LOCKS_MS;
    }
    return once();
  }

  /** Passes what is pending to the owner, and what became of what another tab has sent. */
  #changed(): void {
    for (const id of this.#storage.synchronize()) this.#tellOutcome(id);
    for (const pending of this.pending) {
      const found = this.#owner.stored(pending);
      if (found !== undefined) this.#forget(idOf(pending), found);
    }
    this.#owner.changed(this.pending, this.#storage.unstored);
  }

  /** Informs the owner if another tab has sent it. */
  #tellOutcome(id: string): void {
    const stored = this.#storage.outcomeOf(id);
    if (stored === undefined) return;
    this.#numbered(id, stored);
    this.#owner.sent(stored);
  }

  /** Removes what was discarded, or sent and `stored`. */
  #forget(id: string, stored?: Stored): void {
    if (stored !== undefined) this.#numbered(id, stored);
    this.#failures.delete(id);
    this.#storage.remove(id, stored);
  }

  /** Gives the changes that wait for a message its `seq`. */
  #numbered(id: string, stored: Stored): void {
    if (!("message" in stored) || "change" in stored) return;
    for (const each of this.pending) {
      if (isChangeOf(each, { clientMessageId: id })) this.#storage.put({ ...each, seq: stored.message.seq });
    }
  }
}

/** Returns true if a later change makes an earlier one, that was not sent yet, superfluous. */
function isSamePurpose(one: MessageChange, other: MessageChange): boolean {
  if ("react" in one && "react" in other) return one.react.emoji === other.react.emoji;
  return "edit" in one && "edit" in other;
}
