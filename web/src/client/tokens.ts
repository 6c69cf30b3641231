import type { Person } from "../protocol.ts";
import { NetworkError, type SessionEnd, SessionEnded } from "./errors.ts";
import type { ServerClock } from "./server-clock.ts";

/**
 * Requests a new JWT from the identity provider. Returns `undefined` if the person has to log in
 * again, and throws if the request fails.
 */
export type Renew = () => Promise<string | undefined>;

/** A token is renewed before use if it expires within this time, in milliseconds. */
const MARGIN_MS = 60_000;

/** The dependencies of {@link Tokens}. */
export interface TokensOptions {
  /** The first JWT. */
  readonly token: string;
  /** Requests the next JWT. */
  readonly renew: Renew;
  /** The person to whom the tokens must belong. */
  readonly me: Person;
  /** The clock with which a token's expiry is compared. */
  readonly clock: ServerClock;
  /** Called once when the session ends. */
  readonly ended: (reason: SessionEnd) => void;
}

/**
 * Holds the JWT and renews it. Concurrent callers share one renewal. After the session has ended,
 * every call throws {@link SessionEnded}.
 */
export class Tokens {
  readonly #options: TokensOptions;
  #token: string;
  #renewing: Promise<string> | undefined;
  #ended: SessionEnded | undefined;

  constructor(options: TokensOptions) {
    this.#options = options;
    this.#token = options.token;
  }

  /** Returns the token. Renews it first if it expires within a minute. */
  async fresh(): Promise<string> {
    if (this.#ended !== undefined) throw this.#ended;
    this.#check(this.#token);
    const left = this.endsAt - this.#options.clock.now();
    if (left >= MARGIN_MS) return this.#token;
    try {
      return await this.renewed(this.#token);
    } catch (problem) {
      // The identity provider does not answer. The token can be used until it expires.
      if (problem instanceof NetworkError && left > 0) return this.#token;
      throw problem;
    }
  }

  /** Returns the token that replaces `refused`. */
  async renewed(refused: string): Promise<string> {
    if (this.#ended !== undefined) throw this.#ended;
    if (refused !== this.#token) return this.#token;
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  /** The current token. */
  get current(): string {
    return this.#token;
  }

  /**
   * The token's expiry by the server's clock, in milliseconds since 1970. Infinity if it has none.
   */
  get endsAt(): number {
    const { exp } = claimsOf(this.#token);
    return typeof exp === "number" ? exp * 1000 : Number.POSITIVE_INFINITY;
  }

  /** True if the token says that the person is an agent. */
  get agent(): boolean {
    return claimsOf(this.#token).role === "agent";
  }

  /** Ends the session. Always throws {@link SessionEnded}. */
  end(reason: SessionEnd): never {
    if (this.#ended === undefined) {
      this.#ended = new SessionEnded(reason);
      this.#options.ended(reason);
    }
    throw this.#ended;
  }

  async #renew(): Promise<string> {
    let token: string | undefined;
    try {
      token = await this.#options.renew();
    } catch (cause) {
      throw new NetworkError("The log-in could not be renewed.", { cause });
    }
    if (token === undefined) return this.end("expired");
    this.#check(token);
    this.#token = token;
    return token;
  }

  /**
   * Ends the session if a token belongs to another person. With cookies that tabs share, another
   * person's log-in in another tab makes `renew` return their token. This person's messages must
   * not be sent in their name.
   */
  #check(token: string): void {
    const { sub, role } = claimsOf(token);
    const { me } = this.#options;
    // An agent is an admin who may do less.
    const side = role === "agent" ? "admin" : role;
    const other = (typeof sub === "string" && sub !== me.userId) || (typeof side === "string" && side !== me.role);
    if (other) this.end("another_person");
  }
}

/**
 * Returns the claims of a JWT without verifying it. The server verifies it; here it only saves a
 * refused request. Returns an empty object if it cannot be parsed.
 */
function claimsOf(token: string): { readonly exp?: unknown; readonly sub?: unknown; readonly role?: unknown } {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null ? claims : {};
  } catch {
    return {};
  }
}
