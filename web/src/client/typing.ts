import type { ConversationId } from "../protocol.ts";
import type { Connection } from "./connection.ts";

/** Minimum time between two `typing_start` frames, in milliseconds. */
const REPEAT_MS = 3_000;

/** Time without a key after which typing has stopped, in milliseconds. */
const STOP_MS = 4_000;

/** Sends the person's own typing state to the others. */
export class Typing {
  readonly #connection: Pick<Connection, "post">;
  readonly #now: () => number;
  #typingIn: ConversationId | undefined;
  #startedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Pick<Connection, "post">, now: () => number) {
    this.#connection = connection;
    this.#now = now;
  }

  /** Call it when a key was pressed in this conversation. */
  key(conversationId: ConversationId): void {
    if (this.#typingIn !== conversationId) this.stop();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.stop(), STOP_MS);
    if (this.#typingIn === conversationId && this.#now() - this.#startedAt < REPEAT_MS) return;
    this.#typingIn = conversationId;
    this.#startedAt = this.#now();
    this.#connection.post({ action: "typing_start", conversationId });
  }

  /** Call it when the text was sent, emptied, or left. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#typingIn !== undefined) this.#connection.post({ action: "typing_stop", conversationId: this.#typingIn });
    this.#typingIn = undefined;
  }

  /** Call it when a message was sent, which ends the typing indicator for the others. */
  sent(): void {
    clearTimeout(this.#timer);
    this.#typingIn = undefined;
  }
}
