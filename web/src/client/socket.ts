import type { ClientFrame, ServerEvent } from "../protocol.ts";
import type { Environment } from "./environment.ts";
import { ApiError, NetworkError } from "./errors.ts";

/** An `ack`, whatever it carries. */
export type Ack = Extract<ServerEvent, { event: "ack" }>;

/** An event that is nobody's answer. */
export type PushedEvent = Exclude<ServerEvent, { event: "ack" } | { event: "error" }>;

/** A frame as callers write it: the socket adds the `requestId`. */
export type Frame = WithoutRequestId<ClientFrame>;

type WithoutRequestId<Each> = Each extends ClientFrame ? Omit<Each, "requestId"> : never;

/** A frame without an answer for this long is repeated once, then given up; in milliseconds. */
const ANSWER_TIMEOUT_MS = 10_000;

/** A handshake may take this long, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 15_000;

/** The events that this build knows. A server of a later release may push others: they are ignored. */
const KNOWN_EVENTS: ReadonlySet<string> = new Set([
  "new_message",
  "order_message_update",
  "message_delivered",
  "message_read",
  "user_typing",
  "user_stopped_typing",
  "presence",
  "order_created",
  "order_updated",
  "conversation_updated",
] satisfies readonly PushedEvent["event"][]);

interface Waiting {
  resolve(ack: Ack): void;
  reject(error: Error): void;
}

/** What a socket tells its owner. */
export interface SocketListener {
  /** An event that is nobody's answer. */
  pushed(event: PushedEvent): void;
  /** An error, whether somebody waited for it or not. */
  refused(error: ApiError): void;
}

/** One WebSocket: frames out, acks matched to them, events in. */
export class Socket {
  /** Resolves when it is closed from either side; from this one without waiting for the network to agree. */
  readonly closed: Promise<void>;
  /** When the last frame came, by the monotonic clock. */
  lastFrameAt: number;
  /** When the last frame came that was not the answer to a `ping`, by the monotonic clock. */
  lastEventAt: number;
  readonly #environment: Environment;
  readonly #socket: WebSocket;
  readonly #listener: SocketListener;
  readonly #waiting = new Map<string, Waiting>();
  #requests = 0;
  #resolveClosed: () => void = () => {};

  private constructor(environment: Environment, socket: WebSocket, listener: SocketListener) {
    this.#environment = environment;
    this.#socket = socket;
    this.#listener = listener;
    this.lastFrameAt = this.lastEventAt = environment.monotonic();
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    socket.addEventListener("close", () => this.#ended());
    socket.addEventListener("message", (frame) => this.#received(frame.data));
  }

  /** Opens `url`; throws {@link NetworkError} if it does not open, or when `signal` gives up. */
  static open(environment: Environment, url: string, listener: SocketListener, signal?: AbortSignal): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = new environment.WebSocket(url);
      const opened = new Socket(environment, socket, listener);
      const timer = setTimeout(() => socket.close(), HANDSHAKE_TIMEOUT_MS);
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", giveUp);
      };
      const fail = () => {
        settle();
        reject(new NetworkError("The connection did not open."));
      };
      const giveUp = () => {
        socket.close();
        fail();
      };
      signal?.addEventListener("abort", giveUp);
      socket.addEventListener("open", () => {
        settle();
        resolve(opened);
      });
      socket.addEventListener("close", fail);
      if (signal?.aborted === true) giveUp();
    });
  }

  /**
   * Sends a frame and waits for its answer. Throws {@link ApiError}, or {@link NetworkError} if none came to any of `tries` frames,
   * each after `timeout` milliseconds.
   */
  request(frame: Frame, tries = 2, timeout = ANSWER_TIMEOUT_MS): Promise<Ack> {
    const requestId = String((this.#requests += 1));
    return new Promise((resolve, reject) => {
      let left = tries;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(requestId);
      };
      const attempt = () => {
        if (left === 0 || !this.#put({ ...frame, requestId })) {
          settle();
          reject(new NetworkError("No answer came."));
          return;
        }
        left -= 1;
        timer = setTimeout(attempt, timeout);
      };
      this.#waiting.set(requestId, {
        resolve: (ack) => (settle(), resolve(ack)),
        reject: (error) => (settle(), reject(error)),
      });
      attempt();
    });
  }

  /** Sends a frame whose answer does not matter. */
  post(frame: Frame): void {
    this.#put(frame);
  }

  /** Closes it; whoever waits for an answer learns at once that none will come. */
  close(): void {
    this.#socket.close(1000);
    this.#ended();
  }

  /** Closes it when nobody waits for an answer any more, at the latest after ten seconds. */
  async closeWhenIdle(): Promise<void> {
    const until = this.#environment.monotonic() + ANSWER_TIMEOUT_MS;
    while (this.#waiting.size > 0 && this.#environment.monotonic() < until) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.close();
  }

  #put(frame: object): boolean {
    if (this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #ended(): void {
    this.#resolveClosed();
    // Each rejection removes its entry: they are taken out first.
    const waiting = Array.from(this.#waiting.values());
    for (const each of waiting) each.reject(new NetworkError("The connection ended."));
  }

  #received(data: unknown): void {
    this.lastFrameAt = this.#environment.monotonic();
    const event = parse(data);
    if (event === undefined) return;
    if (event.event === "ack") {
      if (!("serverTime" in event)) this.lastEventAt = this.lastFrameAt;
      this.#waiting.get(event.requestId)?.resolve(event);
    } else if (event.event === "error") {
      const error = new ApiError(event.message, { code: event.code, retryAfterMs: event.retryAfterMs });
      this.#waiting.get(event.requestId ?? "")?.reject(error);
      this.#listener.refused(error);
    } else {
      this.lastEventAt = this.lastFrameAt;
      if (KNOWN_EVENTS.has(event.event)) this.#listener.pushed(event);
    }
  }
}

/** A frame as an event. API Gateway's own messages and empty frames are none. */
function parse(data: unknown): ServerEvent | undefined {
  if (typeof data !== "string" || data === "") return undefined;
  try {
    const frame: unknown = JSON.parse(data);
    const isEvent = typeof frame === "object" && frame !== null && "event" in frame && typeof frame.event === "string";
    return isEvent ? (frame as ServerEvent) : undefined;
  } catch {
    return undefined;
  }
}
