import type { Person, Time, User } from "../protocol.ts";
import type { Api } from "./api.ts";
import { Backoff } from "./backoff.ts";
import type { Environment } from "./environment.ts";
import { ApiError, NetworkError, SessionEnded } from "./errors.ts";
import { Heartbeat } from "./heartbeat.ts";
import { isSamePerson } from "./person.ts";
import type { ServerClock } from "./server-clock.ts";
import { type Ack, type Frame, type PushedEvent, Socket } from "./socket.ts";
import type { Tokens } from "./tokens.ts";

/**
 * The state of the connection:
 * - `connecting`: for the first time, or after a loss.
 * - `online`: a socket is open.
 * - `offline`: no network, or an attempt has failed. Attempts continue.
 * - `expired`: the person has to log in again. Attempts have ended.
 * - `stopped`: the page has stopped it. Attempts have ended.
 */
export type ConnectionState = "connecting" | "online" | "offline" | "expired" | "stopped";

/** Callbacks of a connection. */
export interface ConnectionListener {
  /** The state has changed. */
  changed(state: ConnectionState): void;
  /**
   * A new socket is open. `missed` is true if no other socket was open before, so that events may
   * have been missed.
   */
  opened(missed: boolean): void;
  /** The server has pushed an event. */
  pushed(event: PushedEvent): void;
  /** A sync may find something: the server says so, or it cannot say whether. */
  behind(): void;
  /** The answer to a `ping`. */
  pong(ack: Ack): void;
  /** A ticket says who the person is. */
  identified(user: User): void;
}

/** The dependencies of a {@link Connection}. */
export interface ConnectionOptions {
  readonly environment: Environment;
  readonly api: Api;
  readonly tokens: Tokens;
  readonly clock: ServerClock;
  /** The person to whom the ticket must belong. */
  readonly me: Person;
  readonly listener: ConnectionListener;
  /** Returns the `asOf` of the last sync. A `ping` asks with it whether something has changed. */
  readonly asOf: () => Time | undefined;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/**
 * With a server of before, which does not say whether something has changed, a visible page syncs
 * after this time without an event, a hidden page after ten times as long. In milliseconds.
 */
const SILENCE = MINUTE;

/**
 * API Gateway closes every connection after two hours. It is replaced earlier, at a random time
 * after this age, in milliseconds.
 */
const LIFETIME = 110 * MINUTE;
const LIFETIME_SPREAD = 8 * MINUTE;

/** A token is replaced this long before it expires, and the connection with it. In milliseconds. */
const TOKEN_MARGIN = 2 * MINUTE;

/** Interval in which timers are checked, in milliseconds. */
const TICK = 5 * SECOND;

/**
 * The device was asleep if a timer is this late, in milliseconds. Timers of hidden pages are late by
 * up to a minute.
 */
const SLEPT = 4 * TICK;
const SLEPT_HIDDEN = 2 * MINUTE;

/** After a connection that lasted this long the back-off starts again, in milliseconds. */
const GOOD = 10 * SECOND;

/** A check sends no `ping` if a frame came within this time, in milliseconds. */
const RECENT = 5 * SECOND;

/** Time-out of a check, in milliseconds. */
const CHECK_TIMEOUT = 3 * SECOND;

/** A frame that has no answer after this time leads to a `ping`, in milliseconds. */
const SLOW_ANSWER = 3 * SECOND;

/** Only a socket with a frame within this time is replaced, in milliseconds. */
const ALIVE = 30 * SECOND;

/**
 * An attempt to connect that is older than this may hang. It is aborted when the network is back.
 * In milliseconds.
 */
const HANGING = SECOND;

/**
 * Keeps one WebSocket open: ticket, handshake, heartbeat, reconnect, and replacement before API
 * Gateway's limit.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #environment: Environment;
  readonly #listener: ConnectionListener;
  readonly #backoff: Backoff;
  #socket: Socket | undefined;
  /** The replaced socket, which may still wait for answers. */
  #previous: Socket | undefined;
  /** By the monotonic clock, like all times here. */
  #openedAt = 0;
  #replaceAt = Number.POSITIVE_INFINITY;
  readonly #heartbeat = new Heartbeat();
  /** The time of the last tick by the device's clock. */
  #tickedAt = 0;
  #replacing = false;
  #pinging = false;
  /** False if the server does not say whether something has changed. */
  #saysChanged = true;
  /** True while the device reports that it has no network. */
  #networkLost = false;
  /** The running attempt: its start, and how to abort it. */
  #attempt: { readonly startedAt: number; readonly abort: AbortController } | undefined;
  /** Identifies the current run. {@link start} after {@link stop} begins another one. */
  #run: object | undefined;
  #endPause: (() => void) | undefined;
  /** True if the next attempt follows the aborted one without a pause. */
  #retryNow = false;
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.#listener = options.listener;
    this.#backoff = new Backoff(() => options.environment.random());
  }

  /** Connects and stays connected until {@link stop}. Does nothing if it is already running. */
  start(): void {
    if (this.#run !== undefined) return;
    const run = {};
    this.#run = run;
    this.#tickedAt = this.#environment.now();
    this.#heartbeat.start(this.#environment.monotonic());
    this.#ticking = setInterval(() => this.#tick(), TICK);
    this.#listener.changed("connecting");
    void this.#keepOpen(run);
  }

  /** Closes the connection. {@link start} opens it again. */
  stop(): void {
    this.#end("stopped");
  }

  /** Closes the connection because there is no valid token. */
  expire(): void {
    this.#end("expired");
  }

  /** True while a socket is open. */
  get open(): boolean {
    return this.#socket !== undefined;
  }

  /**
   * Sends a frame and waits for its answer. See {@link Socket.request}. A frame that waits long is
   * also a check of the connection.
   */
  async request(frame: Frame): Promise<Ack> {
    const socket = this.#socket;
    if (socket === undefined) throw new NetworkError("There is no open connection.");
    const slow = setTimeout(() => {
      if (this.#socket === socket && this.#environment.monotonic() - socket.lastFrameAt >= SLOW_ANSWER) void this.#ping();
    }, SLOW_ANSWER);
    try {
      return await socket.request(frame);
    } finally {
      clearTimeout(slow);
    }
  }

  /** Sends a frame if a socket is open. */
  post(frame: Frame): void {
    this.#socket?.post(frame);
  }

  /** Sends a `ping` now. */
  async ping(): Promise<void> {
    await this.#ping();
  }

  /** Asks now whether something has changed. */
  async ask(): Promise<void> {
    await this.#ping(undefined, true);
  }

  /** Call it when a person does something, or a message was sent or has come. */
  used(): void {
    this.#heartbeat.used(this.#environment.monotonic());
  }

  /**
   * Call it when the page becomes visible or the device wakes up. Checks that the connection works,
   * or tries to connect now.
   */
  check(): void {
    if (this.#socket === undefined) this.#tryNow();
    else if (this.#environment.monotonic() - this.#socket.lastFrameAt >= RECENT) void this.#ping(CHECK_TIMEOUT);
  }

  /** Call it when the device has lost its network or has one again. */
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

  /**
   * Opens a new socket, uses it, and closes the old one when its answers have come. No event is
   * missed.
   */
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
        // A replacement may already have opened a socket.
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

  /** Connects. {@link networkChanged} and {@link check} abort a hanging attempt. */
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
    this.#listener.identified(user);
    if (this.#run !== run) throw new NetworkError("The client was stopped during the attempt.");
    const socket: Socket = await Socket.open(
      this.#environment,
      url,
      { pushed: (event) => this.#listener.pushed(event), refused: (error) => this.#refused(socket, error) },
      signal,
    );
    return socket;
  }

  /**
   * Starts to use a socket. A replacement and a new attempt can run at the same time, so another
   * socket may be in use.
   */
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
    this.#openedAt = now;
    this.#heartbeat.asked(now);
    this.#networkLost = false;
    this.#replaceAt = Math.min(
      now + LIFETIME + this.#environment.random() * LIFETIME_SPREAD,
      now + Math.max(MINUTE, tokens.endsAt - clock.now() - TOKEN_MARGIN),
    );
    this.#listener.changed("online");
    this.#listener.opened(previous === undefined);
  }

  /** Waits until the current socket has closed and no other has replaced it. */
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

  /** Ends the pause before the next attempt. Aborts a hanging attempt. */
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
    // The device's clock continues during sleep; the monotonic clock may not.
    const slept = Math.abs(deviceTime - this.#tickedAt) >= (visible ? SLEPT : SLEPT_HIDDEN);
    this.#tickedAt = deviceTime;
    const socket = this.#socket;
    const isDue = this.#heartbeat.tick(now, visible, socket);
    if (socket === undefined) return;
    if (slept) return void this.#ping(CHECK_TIMEOUT);
    // Only a socket that answers is replaced. With a dead one events were missed, and the next one
    // has to report that.
    const [isOld, isAlive] = [now >= this.#replaceAt, now - socket.lastFrameAt < ALIVE];
    if (isDue || (isOld && !isAlive)) void this.#ping();
    else if (isOld) void this.replace();
    if (!this.#saysChanged && now - socket.lastEventAt >= SILENCE * (visible ? 1 : 10)) {
      socket.lastEventAt = now;
      this.#listener.behind();
    }
  }

  /**
   * Sends a `ping`. Without an answer in time the socket is closed, and a new one is opened. `asks`
   * is true if it asks whether something has changed.
   */
  async #ping(timeout?: number, asks?: boolean): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || this.#pinging) return;
    const now = this.#environment.monotonic();
    const isAsking = asks ?? this.#heartbeat.asks(now, socket);
    const asOf = isAsking ? this.#options.asOf() : undefined;
    if (isAsking) this.#heartbeat.asked(now);
    this.#pinging = true;
    try {
      const ack = await socket.request({ action: "ping", ...(asOf !== undefined && { asOf }) }, 1, timeout);
      if ("serverTime" in ack) this.#options.clock.learn(ack.serverTime);
      this.#listener.pong(ack);
      if (isAsking) this.#answered("changed" in ack ? ack.changed : undefined, asOf);
    } catch (problem) {
      // A refusal also shows that the connection works.
      if (!(problem instanceof ApiError)) socket.close();
      else if (isAsking) this.#listener.behind();
    } finally {
      this.#pinging = false;
    }
  }

  #answered(changed: boolean | undefined, asOf: Time | undefined): void {
    if (asOf !== undefined) this.#saysChanged = changed !== undefined;
    if (changed !== false) this.#listener.behind();
  }

  #refused(socket: Socket, error: ApiError): void {
    if (error.code === "reconnect") socket.close();
    if (error.code !== "token_expired") return;
    const { tokens } = this.#options;
    const drop = () => socket.close();
    tokens.renewed(tokens.current).then(drop, drop);
  }
}

/** Returns the same promise, which rejects with {@link NetworkError} as soon as `signal` aborts. */
function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new NetworkError("The attempt was aborted."));
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
