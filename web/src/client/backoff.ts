/** The longest pause between two attempts, in milliseconds. */
const LONGEST = 30_000;

/** The first pause at most, in milliseconds. */
const SHORTEST = 500;

/**
 * Pauses that double up to half a minute, each drawn between half of that and all of it: when a server comes back, its clients
 * do not come back in the same instant.
 */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The next pause in milliseconds. */
  next(): number {
    const ceiling = Math.min(LONGEST, SHORTEST * 2 ** this.#failures);
    this.#failures += 1;
    return ceiling * (0.5 + this.#random() / 2);
  }

  /** It worked: begin again with a short pause. */
  reset(): void {
    this.#failures = 0;
  }
}
