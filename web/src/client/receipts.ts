import type { ConversationId } from "../protocol.ts";
import { Backoff } from "./backoff.ts";
import type { Connection } from "./connection.ts";
import type { Environment } from "./environment.ts";
import { ApiError } from "./errors.ts";
import type { Ack, Frame } from "./socket.ts";

/** One receipt of a kind and conversation at most in this time, in milliseconds. */
const INTERVAL = 1_000;

/** A delivery waits this long for a read receipt that says the same, in milliseconds. */
const GRACE = 250;

type Kind = "message_delivered" | "message_read";

interface Cursor {
  /** What is to be said. */
  wanted: number;
  /** What was said. */
  said: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Not before, in milliseconds since 1970. */
  notBefore: number;
}

/** Says how far messages were delivered and read: the highest `seq` only, once a second at most, and nothing twice. */
export class Receipts {
  readonly #environment: Pick<Environment, "now" | "random">;
  readonly #connection: Pick<Connection, "open" | "request">;
  readonly #acked: (conversationId: ConversationId, ack: Ack) => void;
  readonly #pauses: Backoff;
  readonly #cursors = new Map<string, Cursor>();

  constructor(
    environment: Pick<Environment, "now" | "random">,
    connection: Pick<Connection, "open" | "request">,
    acked: (conversationId: ConversationId, ack: Ack) => void,
  ) {
    this.#environment = environment;
    this.#connection = connection;
    this.#acked = acked;
    this.#pauses = new Backoff(() => environment.random());
  }

  /** Everything up to `seq` has come. */
  delivered(conversationId: ConversationId, seq: number): void {
    this.#want("message_delivered", conversationId, seq, GRACE);
  }

  /** Everything up to `seq` was seen. */
  read(conversationId: ConversationId, seq: number): void {
    this.#want("message_read", conversationId, seq, 0);
  }

  /** Says what could not be said without a connection. */
  flush(): void {
    for (const key of this.#cursors.keys()) this.#plan(key, 0);
  }

  /** Says nothing more. */
  stop(): void {
    for (const cursor of this.#cursors.values()) clearTimeout(cursor.timer);
    this.#cursors.clear();
  }

  #want(kind: Kind, conversationId: ConversationId, seq: number, grace: number): void {
    const key = `${kind} ${conversationId}`;
    const cursor = this.#cursors.get(key) ?? { wanted: 0, said: 0, timer: undefined, notBefore: 0 };
    this.#cursors.set(key, cursor);
    if (seq <= cursor.wanted) return;
    cursor.wanted = seq;
    this.#plan(key, grace);
  }

  #plan(key: string, grace: number): void {
    const cursor = this.#cursors.get(key);
    if (cursor === undefined || cursor.timer !== undefined || cursor.wanted <= cursor.said) return;
    cursor.timer = setTimeout(() => void this.#say(key, cursor), Math.max(grace, cursor.notBefore - this.#environment.now()));
  }

  async #say(key: string, cursor: Cursor): Promise<void> {
    cursor.timer = undefined;
    const [kind, conversationId] = key.split(" ") as [Kind, ConversationId];
    if (kind === "message_delivered") {
      // Reading implies delivery.
      cursor.said = Math.max(cursor.said, this.#cursors.get(`message_read ${conversationId}`)?.said ?? 0);
    }
    const seq = cursor.wanted;
    if (seq <= cursor.said || !this.#connection.open) return;
    const before = cursor.said;
    cursor.said = seq;
    cursor.notBefore = this.#environment.now() + INTERVAL;
    try {
      const frame: Frame = { action: kind, conversationId, seq };
      this.#acked(conversationId, await this.#connection.request(frame));
      this.#pauses.reset();
    } catch (problem) {
      // What the server refuses for good need not be said again; the rest is, later, and not before the server wants it.
      if (!(problem instanceof ApiError) || problem.retryable) {
        const wait = (problem instanceof ApiError ? problem.retryAfterMs : undefined) ?? this.#pauses.next();
        cursor.said = before;
        cursor.notBefore = Math.max(cursor.notBefore, this.#environment.now() + wait);
      }
    }
    this.#plan(key, 0);
  }
}
