import type { ConversationId } from "../protocol.ts";
import type { Connection } from "./connection.ts";
import type { Moment } from "./conversation.ts";
import type { Environment } from "./environment.ts";

/** Minimum time between two receipts of one kind and conversation, in milliseconds. */
const INTERVAL_MS = 1_000;

/** A delivery receipt waits this long for a read receipt, which includes it, in milliseconds. */
const DELIVERY_DELAY_MS = 250;

type Kind = "message_delivered" | "message_read";

interface Cursor {
  /** The `seq` up to which a receipt has to be sent. */
  wanted: number;
  /** The `seq` up to which a receipt was sent and is not known to be lost. */
  sent: number;
  /** The moment at which the last receipt was sent. */
  sentAt: Moment;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** The earliest time of the next receipt, by the monotonic clock. */
  notBefore: number;
}

/**
 * Sends delivery and read receipts: only the highest `seq`, and at most once a second.
 *
 * They have no `requestId`, because an acknowledgement costs as much as the receipt. A lost receipt
 * is included in the next one. Until then {@link compare} notices it.
 */
export class Receipts {
  readonly #environment: Pick<Environment, "monotonic">;
  readonly #connection: Pick<Connection, "open" | "post">;
  readonly #moment: () => Moment;
  readonly #cursors = new Map<string, Cursor>();

  /** `moment` returns a new moment, later than all previous ones. */
  constructor(environment: Pick<Environment, "monotonic">, connection: Pick<Connection, "open" | "post">, moment: () => Moment) {
    this.#environment = environment;
    this.#connection = connection;
    this.#moment = moment;
  }

  /** Everything up to `seq` was received. */
  delivered(conversationId: ConversationId, seq: number): void {
    this.#due("message_delivered", conversationId, seq, DELIVERY_DELAY_MS);
  }

  /** Everything up to `seq` was read. */
  read(conversationId: ConversationId, seq: number): void {
    this.#due("message_read", conversationId, seq, 0);
  }

  /**
   * Compares with the person's own cursors in an answer that was requested at the moment `at`. A
   * receipt that was sent earlier and is not in the answer is sent again.
   */
  compare(conversationId: ConversationId, { readSeq, deliveredSeq }: { readSeq: number; deliveredSeq: number }, at: Moment): void {
    this.#compare(keyOf("message_read", conversationId), readSeq, at);
    this.#compare(keyOf("message_delivered", conversationId), deliveredSeq, at);
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
    const key = keyOf(kind, conversationId);
    const cursor = this.#cursors.get(key) ?? { wanted: 0, sent: 0, sentAt: 0, timer: undefined, notBefore: 0 };
    this.#cursors.set(key, cursor);
    if (seq <= cursor.wanted) return;
    cursor.wanted = seq;
    this.#schedule(key, delay);
  }

  #compare(key: string, seq: number, at: Moment): void {
    const cursor = this.#cursors.get(key);
    if (cursor === undefined || cursor.sentAt > at || seq >= cursor.sent) return;
    cursor.sent = seq;
    this.#schedule(key, DELIVERY_DELAY_MS);
  }

  #schedule(key: string, delay: number): void {
    const cursor = this.#cursors.get(key);
    if (cursor === undefined || cursor.timer !== undefined || cursor.wanted <= cursor.sent) return;
    cursor.timer = setTimeout(() => this.#send(key, cursor), Math.max(delay, cursor.notBefore - this.#environment.monotonic()));
  }

  #send(key: string, cursor: Cursor): void {
    cursor.timer = undefined;
    const [kind, conversationId] = key.split(" ") as [Kind, ConversationId];
    if (kind === "message_delivered") {
      // A read receipt includes delivery.
      const read = this.#cursors.get(keyOf("message_read", conversationId));
      cursor.sent = Math.max(cursor.sent, read?.sent ?? 0);
      cursor.sentAt = Math.max(cursor.sentAt, read?.sentAt ?? 0);
    }
    const seq = cursor.wanted;
    if (seq <= cursor.sent || !this.#connection.open) return;
    cursor.sent = seq;
    cursor.sentAt = this.#moment();
    cursor.notBefore = this.#environment.monotonic() + INTERVAL_MS;
    this.#connection.post({ action: kind, conversationId, seq });
  }
}

function keyOf(kind: Kind, conversationId: ConversationId): string {
  return `${kind} ${conversationId}`;
}
