/**
 * The server's clock, known by its difference to the device's. Every time that the server gives out
 * (a token's end, when somebody was last seen) is compared with this clock: the device's may be hours
 * off, for instance in the wrong time zone.
 */
export class ServerClock {
  readonly #device: () => number;
  #offset = 0;

  /** `device` is the device's clock, in milliseconds since 1970. */
  constructor(device: () => number) {
    this.#device = device;
  }

  /** How far the server's clock is ahead of the device's, in milliseconds; 0 until the server has said its time. */
  get offset(): number {
    return this.#offset;
  }

  /** The server's time in milliseconds since 1970. */
  now(): number {
    return this.#device() + this.#offset;
  }

  /** Takes the time that the server has just said (RFC 3339). What is no time is ignored. */
  learn(serverTime: string): void {
    const offset = Date.parse(serverTime) - this.#device();
    if (Number.isFinite(offset)) this.#offset = offset;
  }
}
