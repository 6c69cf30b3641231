import type { ClientFrame, ServerEvent } from "../protocol.ts";
import type { Environment } from "./environment.ts";
import { ApiError, NetworkError } from "./errors.ts";

/** An `ack` with any content. */
export type Ack = Extract<ServerEvent, { event: "ack" }>;

/** An event that answers no frame. */
export type PushedEvent = Exclude<ServerEvent, { event: "ack" } | { event: "error" }>;

/** A frame without `requestId`, which the socket adds. */
export type Frame = WithoutRequestId<ClientFrame>;

type WithoutRequestId<Each> = Each extends ClientFrame ? Omit<Each, "requestId"> : never;

/** Time without an answer after which a frame is repeated once, and then fails, in milliseconds. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Time-out of the handshake, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 15_000;

/** The events that this release knows. Others, from a later release, are ignored. */
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
  "message_changed",
  "desk_updated",
  "settings_updated",
] satisfies readonly PushedEvent["event"][]);

interface Waiting {
  resolve(ack: Ack): void;
  reject(error: Error): void;
}

/** Callbacks of a socket. */
export interface SocketListener {
  /** The server has pushed an event. */
  pushed(event: PushedEvent): void;
  /** The server has sent an error, for a request or without one. */
  refused(error: ApiError): void;
}

/** One WebSocket. It sends frames, matches acks to them, and passes on events. */
export class Socket {
  /**
   * Resolves when the socket is closed from either side. After {@link close} it resolves at once.
   */
  readonly closed: Promise<void>;
  /** The time of the last frame, by the monotonic clock. */
  lastFrameAt: number;
  /** The time of the last frame that was not the answer to a `ping`, by the monotonic clock. */
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

  /** Opens `url`. Throws {@link NetworkError} if that fails or `signal` aborts. */
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
        reject(new NetworkError("The connection could not be opened."));
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
   * Sends a frame and waits for its answer. Throws {@link ApiError}, or {@link NetworkError} if
   * none of `tries` frames was answered within `timeout` milliseconds.
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
          reject(new NetworkError("The server did not answer."));
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

  /** Sends a frame and ignores its answer. */
  post(frame: Frame): void {
    this.#put(frame);
  }

  /** Closes the socket. Pending requests fail at once. */
  close(): void {
    this.#socket.close(1000);
    this.#ended();
  }

  /** Closes the socket when no request is pending, at the latest after ten seconds. */
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
    // Each rejection removes its entry, so the entries are copied first.
    const waiting = Array.from(this.#waiting.values());
    for (const each of waiting) each.reject(new NetworkError("The connection was closed."));
  }

  #received(data: unknown): void {
    this.lastFrameAt = this.#environment.monotonic();
    const event = parse(data);
    if (event === undefined) return;
    if (event.event === "ack") {
      if (!("serverTime" in event)) this.lastEventAt = this.lastFrameAt;
      this.#waiting.get(event.requestId)?.resolve(event);
    } else if (event.event === "error") {
      const error = new ApiError(event.message, event);
      this.#waiting.get(event.requestId ?? "")?.reject(error);
      this.#listener.refused(error);
    } else {
      this.lastEventAt = this.lastFrameAt;
      if (KNOWN_EVENTS.has(event.event)) this.#listener.pushed(event);
    }
  }
}

/** Parses a frame. Returns nothing for API Gateway's own messages and for empty frames. */
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
