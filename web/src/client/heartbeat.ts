const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Somebody uses the page until this long after the last input or message, in milliseconds. */
const USED = 2 * MINUTE;

/** A page that somebody uses sends a `ping` after this time without a frame, in milliseconds. */
const USED_INTERVAL = 30 * SECOND;

/**
 * A visible page asks at least this often whether something has changed, in milliseconds. A person
 * sees what a lost push would have brought after this time at the latest.
 */
const VISIBLE_INTERVAL = 4 * MINUTE;

/**
 * The same for a hidden page. API Gateway closes a connection after ten minutes without data. In
 * milliseconds.
 */
const HIDDEN_INTERVAL = 9.5 * MINUTE;

/** An event or an answer shows for this long that nothing was missed, in milliseconds. */
const FRESH = MINUTE;

/** When the frames of a socket came, by the monotonic clock. */
interface Frames {
  readonly lastFrameAt: number;
  readonly lastEventAt: number;
}

/**
 * Decides when a page sends a `ping`, and when that `ping` asks whether something has changed. It
 * asks as often as it matters to a person. All times are of the monotonic clock.
 */
export class Heartbeat {
  #usedAt = Number.NEGATIVE_INFINITY;
  #askedAt = 0;
  #tickedAt = 0;

  /** Call it before the first tick. */
  start(now: number): void {
    this.#tickedAt = now;
  }

  /** Call it when a connection has opened, and when the page has asked. */
  asked(now: number): void {
    this.#askedAt = now;
  }

  /** Call it when a person does something, or a message was sent or has come. */
  used(now: number): void {
    this.#usedAt = now;
  }

  /** Returns true if a `ping` should ask, because neither an event nor an answer has come lately. */
  asks(now: number, { lastEventAt }: Frames): boolean {
    return now - Math.max(this.#askedAt, lastEventAt) >= FRESH || now - this.#askedAt >= VISIBLE_INTERVAL - FRESH;
  }

  /**
   * Call it at every tick. Returns true if a `ping` is due. It is due at the last tick before its
   * time, because browsers delay the ticks of hidden pages by up to a minute, or longer. `frames`
   * is undefined while there is no connection.
   */
  tick(now: number, visible: boolean, frames: Frames | undefined): boolean {
    const nextTickAt = now + (now - this.#tickedAt);
    this.#tickedAt = now;
    const isUsed = visible && now - this.#usedAt < USED;
    const interval = visible ? VISIBLE_INTERVAL : HIDDEN_INTERVAL;
    if (frames === undefined) return false;
    return (isUsed && now - frames.lastFrameAt >= USED_INTERVAL) || nextTickAt - this.#askedAt >= interval;
  }
}
