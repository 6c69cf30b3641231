import type { ConversationId } from "../protocol.ts";
import type { Connection } from "./connection.ts";

/** `typing_start` is repeated at most this often, in milliseconds. */
const REPEAT_MS = 3_000;

/** A person who has pressed no key for this long has stopped, in milliseconds. */
const STOP_MS = 4_000;

/** Tells the others that this person is typing, and that they have stopped. */
export class Typing {
  readonly #connection: Pick<Connection, "post">;
  readonly #now: () => number;
  #in: ConversationId | undefined;
  #startedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Pick<Connection, "post">, now: () => number) {
    this.#connection = connection;
    this.#now = now;
  }

  /** A key was pressed in this conversation. */
  key(conversationId: ConversationId): void {
    if (this.#in !== conversationId) this.stop();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.stop(), STOP_MS);
    if (this.#in === conversationId && this.#now() - this.#startedAt < REPEAT_MS) return;
    this.#in = conversationId;
    this.#startedAt = this.#now();
    this.#connection.post({ action: "typing_start", conversationId });
  }

  /** The text was sent, emptied, or left alone. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#in !== undefined) this.#connection.post({ action: "typing_stop", conversationId: this.#in });
    this.#in = undefined;
  }

  /** Their message was sent: it tells the others that they have stopped. */
  sent(): void {
    clearTimeout(this.#timer);
    this.#in = undefined;
  }
}
