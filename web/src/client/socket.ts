import type { ClientFrame, ServerEvent } from "../protocol.ts";
import type { Environment } from "./environment.ts";
import { ApiError, NetworkError } from "./errors.ts";

/** An `ack`, whatever it carries. */
export type Ack = Extract<ServerEvent, { event: "ack" }>;

/** An event that is nobody's answer. */
export type PushedEvent = Exclude<ServerEvent, { event: "ack" } | { event: "error" }>;

/** A frame as callers write it: the `requestId` is the socket's. */
export type Frame = WithoutRequestId<ClientFrame>;

type WithoutRequestId<Each> = Each extends ClientFrame ? Omit<Each, "requestId"> : never;

/** A frame without an answer for this long is repeated once, then given up; in milliseconds. */
const ANSWER = 10_000;

/** A handshake may take this long, in milliseconds. */
const HANDSHAKE = 15_000;

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
  /** When the last frame came, in milliseconds since 1970. */
  lastFrameAt: number;
  /** When the last frame came that was not the answer to a `ping`. */
  lastEventAt: number;
  readonly #environment: Environment;
  readonly #socket: WebSocket;
  readonly #listener: SocketListener;
  readonly #waiting = new Map<string, Waiting>();
  #requests = 0;
  #gone: () => void = () => {};

  private constructor(environment: Environment, socket: WebSocket, listener: SocketListener) {
    this.#environment = environment;
    this.#socket = socket;
    this.#listener = listener;
    this.lastFrameAt = this.lastEventAt = environment.now();
    this.closed = new Promise((resolve) => (this.#gone = resolve));
    socket.addEventListener("close", () => this.#letGo());
    socket.addEventListener("message", (frame) => this.#heard(frame.data));
  }

  /** Opens `url`; throws {@link NetworkError} if it does not open. */
  static open(environment: Environment, url: string, listener: SocketListener): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = new environment.WebSocket(url);
      const patience = setTimeout(() => socket.close(), HANDSHAKE);
      const opened = new Socket(environment, socket, listener);
      socket.addEventListener("open", () => {
        clearTimeout(patience);
        resolve(opened);
      });
      socket.addEventListener("close", () => {
        clearTimeout(patience);
        reject(new NetworkError("The connection did not open."));
      });
    });
  }

  /** Sends a frame and waits for its answer; throws {@link ApiError}, or {@link NetworkError} if none came to any of `tries` frames. */
  request(frame: Frame, tries = 2): Promise<Ack> {
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
        timer = setTimeout(attempt, ANSWER);
      };
      this.#waiting.set(requestId, {
        resolve: (ack) => (settle(), resolve(ack)),
        reject: (error) => (settle(), reject(error)),
      });
      attempt();
    });
  }

  /** Sends a frame to which no answer matters. */
  post(frame: Frame): void {
    this.#put(frame);
  }

  /** Closes it; whoever waits for an answer learns at once that none will come. */
  close(): void {
    this.#socket.close(1000);
    this.#letGo();
  }

  /** Closes it when nobody waits for an answer any more, at the latest after ten seconds. */
  async closeWhenIdle(): Promise<void> {
    const until = this.#environment.now() + ANSWER;
    while (this.#waiting.size > 0 && this.#environment.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.close();
  }

  #put(frame: object): boolean {
    if (this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #letGo(): void {
    this.#gone();
    for (const waiting of [...this.#waiting.values()]) waiting.reject(new NetworkError("The connection ended."));
  }

  #heard(data: unknown): void {
    this.lastFrameAt = this.#environment.now();
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
      this.#listener.pushed(event);
    }
  }
}

/** A frame as an event; what is not one (the gateway's own words, an empty frame) is ignored. */
function parse(data: unknown): ServerEvent | undefined {
  if (typeof data !== "string" || data === "") return undefined;
  try {
    const frame: unknown = JSON.parse(data);
    return typeof frame === "object" && frame !== null && "event" in frame ? (frame as ServerEvent) : undefined;
  } catch {
    return undefined;
  }
}
