/**
 * Runs the client library for a day of virtual time in which nothing happens, and counts what it
 * sends and receives. The part `idle` of the benchmarks starts it, and moves the servers' clock.
 *
 * Each line of the output is JSON: `{"now"}` asks to set the servers' clock to this many
 * milliseconds after the start, and waits for a line of input; `{"counts"}` is the result.
 */
import { createHmac } from "node:crypto";
import { createInterface } from "node:readline";
import { MemoryStorage } from "../src/app/memory-storage.ts";
import { ChatClient, type Environment } from "../src/client/index.ts";

const SECOND = 1_000;

/** How long API Gateway keeps an answer of the authorizer: `ReauthorizeEvery` of `template.yaml`. */
const AUTHORIZED = 300 * SECOND;

/** How long Chromium keeps the answer to a preflight at most. `MaxAge` of `template.yaml` is longer. */
const PREFLIGHT = 7_200 * SECOND;

const setting = (name: string) => process.env[name] ?? "";
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** What the tab has used. */
const counts = { requests: 0, preflights: 0, connections: 0, sent: 0, received: 0, bytes: 0, minutes: 0, longestSilence: 0 };

/** A timer of the virtual clock. It has the methods that Node.js itself calls. */
class Timer {
  at: number;
  readonly every: number;
  readonly repeats: boolean;
  readonly run: () => void;

  constructor(run: () => void, every: number, repeats: boolean) {
    [this.run, this.every, this.repeats, this.at] = [run, every, repeats, clock.now + every];
  }

  refresh(): this {
    this.at = clock.now + this.every;
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** The time since the start in milliseconds, and the timers. Time passes only when nothing is under way. */
class VirtualClock {
  now = 0;
  /** The requests and frames that have no answer yet. */
  pending = 0;
  readonly #started = Date.now();
  readonly #timers = new Set<Timer>();
  readonly #turn = setImmediate;

  get deviceTime(): number {
    return this.#started + this.now;
  }

  /** Replaces the timers of this process. */
  install(): void {
    const add = (repeats: boolean) => (run: (...values: unknown[]) => void, milliseconds = 0, ...values: unknown[]) => {
      const timer = new Timer(() => run(...values), milliseconds, repeats);
      this.#timers.add(timer);
      return timer;
    };
    const clear = (timer: Timer) => void this.#timers.delete(timer);
    Object.assign(globalThis, {
      setTimeout: add(false),
      setInterval: add(true),
      clearTimeout: clear,
      clearInterval: clear,
    });
  }

  async runUntil(end: number): Promise<void> {
    for (;;) {
      await this.#settled();
      const timer = this.#next();
      const at = Math.min(timer?.at ?? end, end);
      if (at > this.now) {
        this.now = at;
        tell({ now: at });
        await lines.next();
      }
      if (timer === undefined || timer.at > end) return;
      if (timer.repeats) timer.refresh();
      else this.#timers.delete(timer);
      timer.run();
    }
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }

  /** Waits until nothing is under way. */
  async #settled(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await new Promise<void>((resolve) => void this.#turn(resolve));
      if (this.pending > 0) quiet = -1;
    }
  }
}

const clock = new VirtualClock();

/** Returns a token that is valid for longer than the day. Another `id` makes another token. */
function token(id: number): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = { sub: setting("USER_ID"), role: setting("ROLE"), name: setting("USER_ID"), exp: Math.floor(Date.now() / SECOND) + 86_400, jti: String(id) };
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", setting("SECRET")).update(signed).digest("base64url")}`;
}

const preflights = new Map<string, number>();

/** Sends a request, with a new token if API Gateway would ask the authorizer again. */
async function countedFetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
  const call = `${init?.method ?? "GET"} ${input instanceof Request ? input.url : input.toString()}`;
  counts.requests += 1;
  if (clock.now - (preflights.get(call) ?? Number.NEGATIVE_INFINITY) >= PREFLIGHT) {
    counts.preflights += 1;
    preflights.set(call, clock.now);
  }
  const headers = { ...(init?.headers as Record<string, string>), authorization: `Bearer ${token(Math.floor(clock.now / AUTHORIZED))}` };
  clock.pending += 1;
  try {
    const { status, headers: answered, body } = await realFetch(input, { ...init, headers });
    const text = body === null ? "" : await new Response(body).text();
    counts.bytes += text.length;
    return new Response(text, { status, headers: answered });
  } finally {
    clock.pending -= 1;
  }
}
const realFetch = fetch;

/** A socket that counts its frames and the time it is open. */
class CountedSocket extends WebSocket {
  readonly #waiting = new Set<string>();
  #opened = 0;
  #lastFrameAt = 0;
  #isClosing = false;

  constructor(url: string | URL) {
    super(url);
    clock.pending += 1;
    this.addEventListener("open", () => {
      clock.pending -= 1;
      counts.connections += 1;
      this.#opened = this.#lastFrameAt = clock.now;
    });
    this.addEventListener("message", ({ data }) => this.#received(String(data)));
    this.addEventListener("close", () => {
      clock.pending -= this.#waiting.size + (this.#isClosing ? 1 : 0);
      counts.minutes += (clock.now - this.#opened) / (60 * SECOND);
    });
  }

  override send(text: string): void {
    counts.sent += 1;
    this.#moved();
    const { requestId } = JSON.parse(text) as { requestId?: string };
    if (requestId !== undefined && !this.#waiting.has(requestId)) {
      this.#waiting.add(requestId);
      clock.pending += 1;
    }
    super.send(text);
  }

  override close(code?: number): void {
    if (!this.#isClosing && this.readyState === WebSocket.OPEN) {
      this.#isClosing = true;
      clock.pending += 1;
    }
    super.close(code);
  }

  #received(text: string): void {
    counts.received += 1;
    counts.bytes += text.length;
    this.#moved();
    const { requestId } = JSON.parse(text) as { requestId?: string };
    if (requestId !== undefined && this.#waiting.delete(requestId)) clock.pending -= 1;
  }

  #moved(): void {
    counts.longestSilence = Math.max(counts.longestSilence, clock.now - this.#lastFrameAt);
    this.#lastFrameAt = clock.now;
  }
}

export default async function idleDay(): Promise<void> {
  // The first request prepares what the platform itself needs, with real timers.
  await realFetch(`${setting("API")}/api/health`);
  clock.install();
  const environment: Environment = {
    api: setting("API"),
    fetch: countedFetch,
    WebSocket: CountedSocket,
    storage: new MemoryStorage(),
    now: () => clock.deviceTime,
    monotonic: () => clock.now,
    random: () => 0.5,
    uuid: () => crypto.randomUUID(),
    visible: () => setting("VISIBLE") === "true",
    reportError: (error) => {
      throw error;
    },
  };
  const me = { userId: setting("USER_ID"), role: setting("ROLE") as "customer" | "admin", name: setting("USER_ID") };
  const client = new ChatClient(environment, { me, token: token(0), renew: () => Promise.resolve(token(0)) });
  client.start();
  void client.open(setting("CONVERSATION"));
  await clock.runUntil(Number(setting("HOURS")) * 3_600 * SECOND);
  if (client.state.connection !== "online") throw new Error(`The client is ${client.state.connection}.`);
  client.stop();
  await clock.runUntil(clock.now + SECOND);
  tell({ counts });
}
