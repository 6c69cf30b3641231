/** The longest pause between two attempts, in milliseconds. */
const LONGEST_MS = 30_000;

/** The longest first pause, in milliseconds. */
const FIRST_MS = 500;

/**
 * Exponential back-off with jitter: pauses double up to half a minute, and each is drawn between half of that and all of it. So
 * the clients of a server that comes back do not all reconnect in the same instant.
 */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The next pause in milliseconds. */
  next(): number {
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    return ceiling * (0.5 + this.#random() / 2);
  }

  /** Begins again with a short pause, after a success. */
  reset(): void {
    this.#failures = 0;
  }
}
