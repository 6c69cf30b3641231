import type { Api } from "./api.ts";
import { Backoff } from "./backoff.ts";
import type { Environment } from "./environment.ts";
import { SessionExpired, ApiError, NetworkError } from "./errors.ts";
import { type Ack, type Frame, type PushedEvent, Socket } from "./socket.ts";
import type { Tokens } from "./tokens.ts";

/**
 * How the connection stands: `connecting` for the first time or after a loss, `online`, `offline` after a failed attempt
 * (attempts go on), `expired` when somebody has to log in again (attempts have ended).
 */
export type ConnectionState = "connecting" | "online" | "offline" | "expired";

/** What a connection tells its owner. */
export interface ConnectionListener {
  /** It stands differently. */
  link(link: ConnectionState): void;
  /** A new socket is open: join, sync, send what waits. Without one before it, events may have been `missed`. */
  opened(missed: boolean): void;
  /** An event that is nobody's answer. */
  pushed(event: PushedEvent): void;
  /** For a minute nothing came but answers to `ping`. */
  silent(): void;
  /** The answer to a `ping`. */
  pong(ack: Ack): void;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Without any frame for this long, a visible page asks whether the other side is still there; a hidden one takes ten times as long. */
const QUIET = 30 * SECOND;

/** Without news for this long, the owner is told. */
const SILENCE = MINUTE;

/** The gateway ends every connection at two hours: this one is replaced before, somewhere in the last of these minutes. */
const LIFETIME = 110 * MINUTE;
const LIFETIME_SPREAD = 8 * MINUTE;

/** A token this close to its end is replaced, and the connection with it. */
const TOKEN_MARGIN = 2 * MINUTE;

/** How often it is looked at whether anything is due. */
const TICK = 5 * SECOND;

/** A connection that held for this long was a good one: the next pause is short again. */
const GOOD = 10 * SECOND;

/** Keeps one socket open at all times: ticket, connect, heartbeat, reconnect, and a change-over before the gateway's limit. */
export class Connection {
  readonly #environment: Environment;
  readonly #api: Api;
  readonly #tokens: Tokens;
  readonly #listener: ConnectionListener;
  readonly #backoff: Backoff;
  #socket: Socket | undefined;
  /** The one before, which may still wait for answers. */
  #leaving: Socket | undefined;
  #openedAt = 0;
  #replaceAt = Number.POSITIVE_INFINITY;
  #changing = false;
  #probing = false;
  #stopped = false;
  #wake: (() => void) | undefined;
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor(environment: Environment, api: Api, tokens: Tokens, listener: ConnectionListener) {
    this.#environment = environment;
    this.#api = api;
    this.#tokens = tokens;
    this.#listener = listener;
    this.#backoff = new Backoff(() => environment.random());
  }

  /** Begins to connect, and goes on until {@link stop}. */
  start(): void {
    this.#ticking = setInterval(() => this.#tick(), TICK);
    void this.#run();
  }

  /** Closes for good. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#ticking);
    this.#leaving?.close();
    this.#socket?.close();
    this.#wake?.();
  }

  /** Whether a socket is open. */
  get open(): boolean {
    return this.#socket !== undefined;
  }

  /** Sends a frame and waits for its answer; see {@link Socket.request}. */
  async request(frame: Frame): Promise<Ack> {
    if (this.#socket === undefined) throw new NetworkError("There is no connection.");
    return this.#socket.request(frame);
  }

  /** Sends a frame if there is a connection. */
  post(frame: Frame): void {
    this.#socket?.post(frame);
  }

  /** Something changed outside (the network, the page's visibility): look whether the connection lives, or try again now. */
  check(): void {
    this.#wake?.();
    void this.#probe();
  }

  /** Opens a new socket, uses it, and lets the old one go when its answers have come. Nothing is missed between them. */
  async replace(): Promise<void> {
    if (this.#changing) return;
    this.#changing = true;
    try {
      this.#use(await this.#connect());
    } catch {
      this.#replaceAt = this.#environment.now() + 30 * SECOND;
    } finally {
      this.#changing = false;
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        // A change-over that was on its way may have come first.
        if (this.#socket === undefined) this.#use(await this.#connect());
        await this.#untilGone();
        if (this.#environment.now() - this.#openedAt > GOOD) this.#backoff.reset();
        if (!this.#stopped) this.#listener.link("connecting");
      } catch (problem) {
        if (problem instanceof SessionExpired) {
          this.stop();
          this.#listener.link("expired");
          return;
        }
        if (!this.#stopped) this.#listener.link("offline");
      }
      if (!this.#stopped) await this.#rest(this.#backoff.next());
    }
  }

  async #connect(): Promise<Socket> {
    if (this.#tokens.endsAt - this.#environment.now() < TOKEN_MARGIN) await this.#tokens.renewed(this.#tokens.current);
    const { url } = await this.#api.ticket();
    if (this.#stopped) throw new NetworkError("The connection is no longer wanted.");
    const socket: Socket = await Socket.open(this.#environment, url, {
      pushed: (event) => this.#listener.pushed(event),
      refused: (error) => this.#refused(socket, error),
    });
    return socket;
  }

  /** Takes a socket into use, whoever opened it: a change-over and a new attempt may run at the same time. */
  #use(socket: Socket): void {
    if (this.#stopped) return socket.close();
    const now = this.#environment.now();
    this.#leaving = this.#socket;
    void this.#leaving?.closeWhenIdle();
    this.#socket = socket;
    this.#openedAt = now;
    this.#replaceAt = Math.min(
      now + LIFETIME + this.#environment.random() * LIFETIME_SPREAD,
      Math.max(now + MINUTE, this.#tokens.endsAt - TOKEN_MARGIN),
    );
    this.#listener.link("online");
    this.#listener.opened(this.#leaving === undefined);
  }

  /** Until the current socket has closed and no other has taken its place. */
  async #untilGone(): Promise<void> {
    for (let socket = this.#socket; socket !== undefined; socket = this.#socket) {
      await socket.closed;
      if (this.#socket === socket) this.#socket = undefined;
    }
  }

  async #rest(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #tick(): void {
    const [now, socket] = [this.#environment.now(), this.#socket];
    if (socket === undefined) return;
    const patience = this.#environment.visible() ? 1 : 10;
    // Only a socket that lives is changed over: with a dead one events were missed, and the next one has to know.
    if (now - socket.lastFrameAt >= QUIET * patience) void this.#probe();
    else if (now >= this.#replaceAt) void this.replace();
    if (now - socket.lastEventAt >= SILENCE * patience) {
      socket.lastEventAt = now;
      this.#listener.silent();
    }
  }

  /** Asks for a sign of life; without one the socket is dropped, and a new one follows. */
  async #probe(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || this.#probing) return;
    this.#probing = true;
    try {
      this.#listener.pong(await socket.request({ action: "ping" }, 1));
    } catch (problem) {
      // A refusal is a sign of life too.
      if (!(problem instanceof ApiError)) socket.close();
    } finally {
      this.#probing = false;
    }
  }

  #refused(socket: Socket, error: ApiError): void {
    if (error.code === "reconnect") socket.close();
    if (error.code !== "token_expired") return;
    const drop = () => socket.close();
    this.#tokens.renewed(this.#tokens.current).then(drop, drop);
  }
}
