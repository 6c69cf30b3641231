/** The longest pause between two attempts, in milliseconds. */
const LONGEST_MS = 30_000;

/** The longest first pause, in milliseconds. */
const FIRST_MS = 500;

/**
 * Exponential back-off with jitter. Pauses double up to half a minute, and each is a random time
 * between half of that and all of it. Clients therefore do not all reconnect at the same time when
 * a server comes back.
 */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Returns the next pause, in milliseconds. */
  next(): number {
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    return ceiling * (0.5 + this.#random() / 2);
  }

  /** Starts again with a short pause. Call it after a success. */
  reset(): void {
    this.#failures = 0;
  }
}
