import type { ConversationId } from "../protocol.ts";
import { Backoff } from "./backoff.ts";
import type { Connection } from "./connection.ts";
import type { Environment } from "./environment.ts";
import { ApiError } from "./errors.ts";
import type { Ack, Frame } from "./socket.ts";

/** Minimum time between two receipts of one kind and conversation, in milliseconds. */
const INTERVAL_MS = 1_000;

/** A delivery receipt waits this long for a read receipt, which includes it, in milliseconds. */
const DELIVERY_DELAY_MS = 250;

type Kind = "message_delivered" | "message_read";

interface Cursor {
  /** The `seq` up to which a receipt has to be sent. */
  wanted: number;
  /** The `seq` up to which a receipt was sent. */
  sent: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** The earliest time of the next receipt, by the monotonic clock. */
  notBefore: number;
}

/**
 * Sends delivery and read receipts: only the highest `seq`, at most once a second, and none twice.
 */
export class Receipts {
  readonly #environment: Pick<Environment, "monotonic" | "random">;
  readonly #connection: Pick<Connection, "open" | "request">;
  readonly #acked: (conversationId: ConversationId, ack: Ack) => void;
  readonly #pauses: Backoff;
  readonly #cursors = new Map<string, Cursor>();

  constructor(
    environment: Pick<Environment, "monotonic" | "random">,
    connection: Pick<Connection, "open" | "request">,
    acked: (conversationId: ConversationId, ack: Ack) => void,
  ) {
    this.#environment = environment;
    this.#connection = connection;
    this.#acked = acked;
    this.#pauses = new Backoff(() => environment.random());
  }

  /** Everything up to `seq` was received. */
  delivered(conversationId: ConversationId, seq: number): void {
    this.#due("message_delivered", conversationId, seq, DELIVERY_DELAY_MS);
  }

  /** Everything up to `seq` was read. */
  read(conversationId: ConversationId, seq: number): void {
    this.#due("message_read", conversationId, seq, 0);
  }

  /** Sends the receipts that could not be sent while offline. */
  flush(): void {
    for (const key of this.#cursors.keys()) this.#schedule(key, 0);
  }

  /** Stops sending until {@link flush}. Pending receipts are kept. */
  stop(): void {
    for (const cursor of this.#cursors.values()) {
      clearTimeout(cursor.timer);
      cursor.timer = undefined;
    }
  }

  #due(kind: Kind, conversationId: ConversationId, seq: number, delay: number): void {
    const key = `${kind} ${conversationId}`;
    const cursor = this.#cursors.get(key) ?? { wanted: 0, sent: 0, timer: undefined, notBefore: 0 };
    this.#cursors.set(key, cursor);
    if (seq <= cursor.wanted) return;
    cursor.wanted = seq;
    this.#schedule(key, delay);
  }

  #schedule(key: string, delay: number): void {
    const cursor = this.#cursors.get(key);
    if (cursor === undefined || cursor.timer !== undefined || cursor.wanted <= cursor.sent) return;
    cursor.timer = setTimeout(() => void this.#send(key, cursor), Math.max(delay, cursor.notBefore - this.#environment.monotonic()));
  }

  async #send(key: string, cursor: Cursor): Promise<void> {
    cursor.timer = undefined;
    const [kind, conversationId] = key.split(" ") as [Kind, ConversationId];
    if (kind === "message_delivered") {
      // A read receipt includes delivery.
      cursor.sent = Math.max(cursor.sent, this.#cursors.get(`message_read ${conversationId}`)?.sent ?? 0);
    }
    const seq = cursor.wanted;
    if (seq <= cursor.sent || !this.#connection.open) return;
    const before = cursor.sent;
    cursor.sent = seq;
    cursor.notBefore = this.#environment.monotonic() + INTERVAL_MS;
    try {
      const frame: Frame = { action: kind, conversationId, seq };
      this.#acked(conversationId, await this.#connection.request(frame));
      this.#pauses.reset();
    } catch (problem) {
      // A receipt that was refused for good is not repeated. Others are, after the time that the
      // server gives.
      if (!(problem instanceof ApiError) || problem.retryable) {
        const wait = (problem instanceof ApiError ? problem.retryAfterMs : undefined) ?? this.#pauses.next();
        cursor.sent = before;
        cursor.notBefore = Math.max(cursor.notBefore, this.#environment.monotonic() + wait);
      }
    }
    this.#schedule(key, 0);
  }
}
