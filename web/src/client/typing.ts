import type { ConversationId } from "../protocol.ts";
import type { Connection } from "./connection.ts";

/** `typing_start` is repeated at most this often, in milliseconds. */
const REPEAT = 3_000;

/** Whoever has not touched a key for this long has stopped, in milliseconds. */
const STOP = 4_000;

/** Says that somebody types here, and that they have stopped. */
export class Typing {
  readonly #connection: Pick<Connection, "post">;
  readonly #now: () => number;
  #in: ConversationId | undefined;
  #saidAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Pick<Connection, "post">, now: () => number) {
    this.#connection = connection;
    this.#now = now;
  }

  /** A key was pressed in this conversation. */
  key(conversationId: ConversationId): void {
    if (this.#in !== conversationId) this.stop();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.stop(), STOP);
    if (this.#in === conversationId && this.#now() - this.#saidAt < REPEAT) return;
    this.#in = conversationId;
    this.#saidAt = this.#now();
    this.#connection.post({ action: "typing_start", conversationId });
  }

  /** The text was sent, emptied, or left alone. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#in !== undefined) this.#connection.post({ action: "typing_stop", conversationId: this.#in });
    this.#in = undefined;
  }

  /** Their message was sent: everybody knows that they have stopped. */
  sent(): void {
    clearTimeout(this.#timer);
    this.#in = undefined;
  }
}
