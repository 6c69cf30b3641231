/**
 * The server's clock, calculated from the device's clock and a known offset. All times that the
 * server sends are compared with this clock, because the device's clock may be hours wrong.
 */
export class ServerClock {
  readonly #device: () => number;
  #offset = 0;

  /** `device` returns the device's clock, in milliseconds since 1970. */
  constructor(device: () => number) {
    this.#device = device;
  }

  /**
   * How far the server's clock is ahead of the device's, in milliseconds. 0 until the server has
   * sent its time.
   */
  get offset(): number {
    return this.#offset;
  }

  /** Returns the server's time in milliseconds since 1970. */
  now(): number {
    return this.#device() + this.#offset;
  }

  /** Updates the offset from the server's time (RFC 3339). Invalid times are ignored. */
  learn(serverTime: string): void {
    const offset = Date.parse(serverTime) - this.#device();
    if (Number.isFinite(offset)) this.#offset = offset;
  }
}
