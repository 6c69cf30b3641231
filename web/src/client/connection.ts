import type { Person } from "../protocol.ts";
import type { Api } from "./api.ts";
import { Backoff } from "./backoff.ts";
import type { Environment } from "./environment.ts";
import { ApiError, NetworkError, SessionEnded } from "./errors.ts";
import { isSamePerson } from "./person.ts";
import type { ServerClock } from "./server-clock.ts";
import { type Ack, type Frame, type PushedEvent, Socket } from "./socket.ts";
import type { Tokens } from "./tokens.ts";

/**
 * The state of the connection: `connecting` for the first time or after a loss, `online`, `offline` without a network or after a failed
 * attempt (attempts go on), `expired` when the person has to log in again, `stopped` by the page (both: attempts have ended).
 */
export type ConnectionState = "connecting" | "online" | "offline" | "expired" | "stopped";

/** What a connection tells its owner. */
export interface ConnectionListener {
  /** The state has changed. */
  changed(state: ConnectionState): void;
  /** A new socket is open: join, sync, send what waits. If no other was open before it, events may have been `missed`. */
  opened(missed: boolean): void;
  /** An event that is nobody's answer. */
  pushed(event: PushedEvent): void;
  /** For a minute nothing came but answers to `ping`. */
  silent(): void;
  /** The answer to a `ping`. */
  pong(ack: Ack): void;
}

/** What a {@link Connection} needs. */
export interface ConnectionOptions {
  readonly environment: Environment;
  readonly api: Api;
  readonly tokens: Tokens;
  readonly clock: ServerClock;
  /** Whose connection it has to be. */
  readonly me: Person;
  readonly listener: ConnectionListener;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Without any frame for this long, a visible page sends a `ping`; a hidden one after ten times as long. */
const HEARTBEAT_INTERVAL = 30 * SECOND;

/** However much comes, a `ping` is sent this often: by it the server knows that the person is online. */
const PRESENCE_INTERVAL = 5 * MINUTE;

/** Without an event for this long, the owner is told; on a hidden page after ten times as long. */
const SILENCE = MINUTE;

/** API Gateway ends every connection at two hours: this one is replaced before, at a random moment in the last of these minutes. */
const LIFETIME = 110 * MINUTE;
const LIFETIME_SPREAD = 8 * MINUTE;

/** A token this close to its end is replaced, and the connection with it. */
const TOKEN_MARGIN = 2 * MINUTE;

/** How often timers are looked at. */
const TICK = 5 * SECOND;

/** A visible page whose timer comes this late was asleep. */
const SLEPT = 4 * TICK;

/** A connection that lasted this long was a good one: the next pause is short again. */
const GOOD = 10 * SECOND;

/** A frame that came within this time shows that the connection works: a check sends no `ping`. */
const RECENT = 5 * SECOND;

/** A check waits this long for its answer. */
const CHECK_TIMEOUT = 3 * SECOND;

/** An attempt to connect that is older than this is given up when the network is back: it may hang. */
const HANGING = SECOND;

/** Keeps one socket open at all times: ticket, connect, heartbeat, reconnect, and a change-over before the gateway's limit. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #environment: Environment;
  readonly #listener: ConnectionListener;
  readonly #backoff: Backoff;
  #socket: Socket | undefined;
  /** The socket before, which may still wait for answers. */
  #previous: Socket | undefined;
  /** By the monotonic clock, as all times here. */
  #openedAt = 0;
  #replaceAt = Number.POSITIVE_INFINITY;
  #tickedAt = 0;
  #pingedAt = 0;
  #replacing = false;
  #pinging = false;
  /** Whether the device has said that it has no network. */
  #networkLost = false;
  /** The attempt that runs: when it began, and how it is given up. */
  #attempt: { readonly startedAt: number; readonly abort: AbortController } | undefined;
  /** The run that is going on; another one after {@link stop} and {@link start}. */
  #run: object | undefined;
  #endPause: (() => void) | undefined;
  /** Whether the attempt that was given up is followed by the next one without a pause. */
  #retryNow = false;
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.#listener = options.listener;
    this.#backoff = new Backoff(() => options.environment.random());
  }

  /** Begins to connect, and goes on until {@link stop}. Does nothing while it is running. */
  start(): void {
    if (this.#run !== undefined) return;
    const run = {};
    this.#run = run;
    this.#tickedAt = this.#environment.now();
    this.#ticking = setInterval(() => this.#tick(), TICK);
    this.#listener.changed("connecting");
    void this.#keepOpen(run);
  }

  /** Closes; {@link start} opens again. */
  stop(): void {
    this.#end("stopped");
  }

  /** Closes because there is no token with which to go on. */
  expire(): void {
    this.#end("expired");
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

  /** Sends a `ping` now, whenever the last frame came. */
  async ping(): Promise<void> {
    await this.#ping();
  }

  /** The page became visible, or the device woke up: makes sure that the connection works, or tries again now. */
  check(): void {
    if (this.#socket === undefined) this.#tryNow();
    else if (this.#environment.monotonic() - this.#socket.lastFrameAt >= RECENT) void this.#ping(CHECK_TIMEOUT);
  }

  /** The device has lost its network, or has one again. */
  networkChanged(online: boolean): void {
    if (this.#run === undefined) return;
    this.#networkLost = !online;
    if (online) {
      this.#backoff.reset();
      this.check();
      return;
    }
    this.#listener.changed("offline");
    this.#attempt?.abort.abort();
    this.#socket?.close();
  }

  /** Opens a new socket, uses it, and closes the old one when its answers have come. Nothing is missed between them. */
  async replace(): Promise<void> {
    const run = this.#run;
    if (this.#replacing || run === undefined) return;
    this.#replacing = true;
    try {
      this.#use(run, await this.#connect(run));
    } catch {
      this.#replaceAt = this.#environment.monotonic() + 30 * SECOND;
    } finally {
      this.#replacing = false;
    }
  }

  async #keepOpen(run: object): Promise<void> {
    while (this.#run === run) {
      try {
        // A change-over that was on its way may have come first.
        if (this.#socket === undefined) this.#use(run, await this.#connectAbortably(run));
        await this.#untilClosed(run);
        if (this.#environment.monotonic() - this.#openedAt > GOOD) this.#backoff.reset();
        if (this.#run === run) this.#listener.changed(this.#networkLost ? "offline" : "connecting");
      } catch (problem) {
        if (this.#run !== run) return;
        if (problem instanceof SessionEnded) return this.expire();
        this.#listener.changed("offline");
      }
      if (this.#run === run && !this.#retryNow) await this.#pause(this.#backoff.next());
      this.#retryNow = false;
    }
  }

  /** Connects; {@link networkChanged} and {@link check} give a hanging attempt up. */
  async #connectAbortably(run: object): Promise<Socket> {
    const abort = new AbortController();
    const attempt = { startedAt: this.#environment.monotonic(), abort };
    this.#attempt = attempt;
    try {
      return await this.#connect(run, abort.signal);
    } finally {
      if (this.#attempt === attempt) this.#attempt = undefined;
    }
  }

  async #connect(run: object, signal?: AbortSignal): Promise<Socket> {
    const { api, tokens, clock, me } = this.#options;
    if (tokens.endsAt - clock.now() <= TOKEN_MARGIN) await orAborted(tokens.renewed(tokens.current), signal);
    const { url, user, serverTime } = await orAborted(api.ticket(signal), signal);
    clock.learn(serverTime);
    if (!isSamePerson(user, me)) tokens.end("another_person");
    if (this.#run !== run) throw new NetworkError("The connection is no longer wanted.");
    const socket: Socket = await Socket.open(
      this.#environment,
      url,
      { pushed: (event) => this.#listener.pushed(event), refused: (error) => this.#refused(socket, error) },
      signal,
    );
    return socket;
  }

  /** Takes a socket into use, whoever opened it: a change-over and a new attempt may run at the same time. */
  #use(run: object, socket: Socket): void {
    if (this.#run !== run) return socket.close();
    const { tokens, clock } = this.#options;
    const now = this.#environment.monotonic();
    const previous = this.#socket;
    this.#previous = previous;
    void previous?.closeWhenIdle().then(() => {
      if (this.#previous === previous) this.#previous = undefined;
    });
    this.#socket = socket;
    this.#openedAt = this.#pingedAt = now;
    this.#networkLost = false;
    this.#replaceAt = Math.min(
      now + LIFETIME + this.#environment.random() * LIFETIME_SPREAD,
      now + Math.max(MINUTE, tokens.endsAt - clock.now() - TOKEN_MARGIN),
    );
    this.#listener.changed("online");
    this.#listener.opened(previous === undefined);
  }

  /** Until the current socket has closed and no other has taken its place. */
  async #untilClosed(run: object): Promise<void> {
    for (let socket = this.#socket; socket !== undefined && this.#run === run; socket = this.#socket) {
      await socket.closed;
      if (this.#socket === socket) this.#socket = undefined;
    }
  }

  #end(state: "stopped" | "expired"): void {
    if (this.#run === undefined) return;
    this.#run = undefined;
    clearInterval(this.#ticking);
    this.#attempt?.abort.abort();
    this.#previous?.close();
    this.#socket?.close();
    this.#socket = undefined;
    this.#endPause?.();
    this.#listener.changed(state);
  }

  async #pause(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endPause = undefined;
  }

  /** Ends the pause before the next attempt; an attempt that may hang is given up first. */
  #tryNow(): void {
    if (this.#attempt !== undefined && this.#environment.monotonic() - this.#attempt.startedAt >= HANGING) {
      this.#backoff.reset();
      this.#retryNow = true;
      this.#attempt.abort.abort();
    }
    this.#endPause?.();
  }

  #tick(): void {
    const [now, deviceTime, visible] = [this.#environment.monotonic(), this.#environment.now(), this.#environment.visible()];
    // The device's clock goes on while it sleeps, the monotonic one may not. Timers of hidden pages are late by design.
    const slept = visible && Math.abs(deviceTime - this.#tickedAt) >= SLEPT;
    this.#tickedAt = deviceTime;
    const socket = this.#socket;
    if (socket === undefined) return;
    if (slept) return void this.#ping(CHECK_TIMEOUT);
    const factor = visible ? 1 : 10;
    // Only a socket that answers is changed over: with a dead one events were missed, and the next one has to know.
    const isQuiet = now - socket.lastFrameAt >= HEARTBEAT_INTERVAL * factor;
    if (isQuiet || now - this.#pingedAt >= PRESENCE_INTERVAL) void this.#ping();
    else if (now >= this.#replaceAt) void this.replace();
    if (now - socket.lastEventAt >= SILENCE * factor) {
      socket.lastEventAt = now;
      this.#listener.silent();
    }
  }

  /** Sends a `ping`; without an answer in time the socket is closed, and a new one follows. */
  async #ping(timeout?: number): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || this.#pinging) return;
    this.#pinging = true;
    this.#pingedAt = this.#environment.monotonic();
    try {
      const ack = await socket.request({ action: "ping" }, 1, timeout);
      if ("serverTime" in ack) this.#options.clock.learn(ack.serverTime);
      this.#listener.pong(ack);
    } catch (problem) {
      // A refusal shows that the connection works, too.
      if (!(problem instanceof ApiError)) socket.close();
    } finally {
      this.#pinging = false;
    }
  }

  #refused(socket: Socket, error: ApiError): void {
    if (error.code === "reconnect") socket.close();
    if (error.code !== "token_expired") return;
    const { tokens } = this.#options;
    const drop = () => socket.close();
    tokens.renewed(tokens.current).then(drop, drop);
  }
}

/** The same promise; rejects with {@link NetworkError} as soon as `signal` gives up. */
function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new NetworkError("The attempt was given up."));
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
