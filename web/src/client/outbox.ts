import type { Code, ConversationId, Message, Person } from "../protocol.ts";
import type { Connection } from "./connection.ts";
import type { Environment } from "./environment.ts";
import { Backoff } from "./backoff.ts";
import { ApiError } from "./errors.ts";
import { personKey } from "./person.ts";

/** A message that is written down and not acknowledged. Every try sends the same `clientMessageId` and the same `seenSeq`. */
export interface PendingMessage {
  readonly clientMessageId: string;
  readonly conversationId: ConversationId;
  readonly body: string;
  readonly seenSeq: number;
  /** When it was written, in milliseconds since 1970. */
  readonly writtenAt: number;
  /** Why the server will not take it; absent while it may still pass. */
  readonly failed?: { readonly code?: Code; readonly reason: string };
}

/** What an outbox tells its owner. */
export interface OutboxListener {
  /** What waits has changed, here or in another tab. */
  changed(unsent: readonly PendingMessage[]): void;
  /** A message was acknowledged. */
  sent(message: Message): void;
}

/**
 * The messages that are not acknowledged yet, in the browser's storage: one key each, so that tabs never write over one another.
 *
 * A conversation's messages go out one at a time, and from one tab at a time: whoever sends holds a lock by the conversation's name,
 * and looks at the storage again once it has it.
 */
export class Outbox {
  readonly #environment: Environment;
  readonly #connection: Pick<Connection, "open" | "request">;
  readonly #listener: OutboxListener;
  readonly #prefix: string;
  /** Of what could not be stored. */
  readonly #unstored = new Map<string, PendingMessage>();
  readonly #sending = new Set<ConversationId>();
  readonly #backoff: Backoff;
  #stopped = false;

  constructor(environment: Environment, me: Person, connection: Pick<Connection, "open" | "request">, listener: OutboxListener) {
    this.#environment = environment;
    this.#connection = connection;
    this.#listener = listener;
    this.#prefix = `order-chat/outbox/${personKey(me)}/`;
    this.#backoff = new Backoff(() => environment.random());
  }

  /** What waits or has failed, in the order in which it was written. */
  get unsent(): readonly PendingMessage[] {
    const { storage } = this.#environment;
    const found = [...this.#unstored.values()];
    for (let index = 0; index < storage.length; index += 1) {
      const key = storage.key(index);
      const unsent = key?.startsWith(this.#prefix) === true ? parse(storage.getItem(key)) : undefined;
      if (unsent !== undefined) found.push(unsent);
    }
    return found.sort((one, other) => one.writtenAt - other.writtenAt);
  }

  /** Whether a key of the storage is this outbox's: another tab has changed it. */
  owns(key: string | null): boolean {
    return key === null || key.startsWith(this.#prefix);
  }

  /** Writes a message down, and sends it as soon as it can be sent. */
  add(conversationId: ConversationId, body: string, seenSeq: number): void {
    const last = this.unsent.at(-1)?.writtenAt ?? 0;
    // A little later than the one before it, even within one millisecond: the order is that of writing.
    const writtenAt = Math.max(this.#environment.now(), last + 1);
    this.#put({ clientMessageId: this.#environment.uuid(), conversationId, body, seenSeq, writtenAt });
    // Asking for the lock takes a moment: showing the message fits into it.
    this.flush();
    this.#listener.changed(this.unsent);
  }

  /** Tries a failed message again: the same one, so it cannot appear twice. */
  retry(clientMessageId: string): void {
    const unsent = this.unsent.find((each) => each.clientMessageId === clientMessageId);
    if (unsent === undefined) return;
    const { failed: _, ...again } = unsent;
    this.#put(again);
    this.#listener.changed(this.unsent);
    this.flush();
  }

  /** Forgets a message. */
  discard(clientMessageId: string): void {
    this.#remove(clientMessageId);
    this.#listener.changed(this.unsent);
  }

  /** Sends what waits, if there is a connection. */
  flush(): void {
    const waiting = new Set(this.unsent.filter((unsent) => unsent.failed === undefined).map((unsent) => unsent.conversationId));
    for (const conversationId of waiting) void this.#drain(conversationId);
  }

  /** Sends nothing more from here. */
  stop(): void {
    this.#stopped = true;
  }

  /** Sends what waits in a conversation, one after the other. */
  async #drain(conversationId: ConversationId): Promise<void> {
    if (this.#sending.has(conversationId)) return;
    this.#sending.add(conversationId);
    let again: number | undefined;
    try {
      again = await this.#alone(conversationId, async () => {
        for (let next = this.#next(conversationId); next !== undefined && this.#connection.open; next = this.#next(conversationId)) {
          const wait = await this.#send(next);
          if (wait !== undefined) return wait;
        }
        return undefined;
      });
    } finally {
      this.#sending.delete(conversationId);
    }
    if (again !== undefined) setTimeout(() => this.flush(), again);
    else if (this.#connection.open && this.#next(conversationId) !== undefined) this.flush();
  }

  /** Sends one; answers how many milliseconds to wait if it has to be tried again. */
  async #send(unsent: PendingMessage): Promise<number | undefined> {
    const { clientMessageId, conversationId, body, seenSeq } = unsent;
    try {
      const ack = await this.#connection.request({ action: "send_message", conversationId, clientMessageId, body, seenSeq });
      this.#backoff.reset();
      this.#remove(clientMessageId);
      if ("message" in ack) this.#listener.sent(ack.message);
      this.#listener.changed(this.unsent);
      return undefined;
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.retryable) {
        return (problem instanceof ApiError ? problem.retryAfterMs : undefined) ?? this.#backoff.next();
      }
      // Another tab may have discarded it meanwhile.
      if (this.unsent.some((each) => each.clientMessageId === clientMessageId)) {
        this.#put({ ...unsent, failed: { ...(problem.code && { code: problem.code }), reason: problem.message } });
      }
      this.#listener.changed(this.unsent);
      return undefined;
    }
  }

  #next(conversationId: ConversationId): PendingMessage | undefined {
    if (this.#stopped) return undefined;
    return this.unsent.find((unsent) => unsent.conversationId === conversationId && unsent.failed === undefined);
  }

  #alone<Result>(conversationId: ConversationId, work: () => Promise<Result>): Promise<Result> {
    const { locks } = this.#environment;
    return locks === undefined ? work() : (locks.request(this.#prefix + conversationId, work) as Promise<Result>);
  }

  /** Keeps a message in one place, as it is now. */
  #put(unsent: PendingMessage): void {
    const { clientMessageId } = unsent;
    try {
      this.#environment.storage.setItem(this.#prefix + clientMessageId, JSON.stringify(unsent));
      this.#unstored.delete(clientMessageId);
    } catch {
      // The storage is full or forbidden: it lives as long as the page.
      this.#remove(clientMessageId);
      this.#unstored.set(clientMessageId, unsent);
    }
  }

  #remove(clientMessageId: string): void {
    this.#unstored.delete(clientMessageId);
    this.#environment.storage.removeItem(this.#prefix + clientMessageId);
  }
}

function parse(text: string | null): PendingMessage | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && value !== null && "clientMessageId" in value ? (value as PendingMessage) : undefined;
  } catch {
    return undefined;
  }
}
