import type { Person } from "../protocol.ts";
import { NetworkError, type SessionEnd, SessionEnded } from "./errors.ts";
import type { ServerClock } from "./server-clock.ts";

/** Gets a new JWT from the identity provider. `undefined` if the person has to log in again; throws where that could not be found out. */
export type Renew = () => Promise<string | undefined>;

/** A token this close to its end is renewed before it is used, in milliseconds. */
const MARGIN_MS = 60_000;

/** What {@link Tokens} needs. */
export interface TokensOptions {
  /** The first JWT. */
  readonly token: string;
  /** Gets the next one. */
  readonly renew: Renew;
  /** Whose tokens they have to be. */
  readonly me: Person;
  /** With whose time a token's end is compared. */
  readonly clock: ServerClock;
  /** Is called once, when there is no token with which to go on. */
  readonly ended: (reason: SessionEnd) => void;
}

/** Holds the JWT and renews it, once for all who ask at the same time. After the session has ended every call throws {@link SessionEnded}. */
export class Tokens {
  readonly #options: TokensOptions;
  #token: string;
  #renewing: Promise<string> | undefined;
  #ended: SessionEnded | undefined;

  constructor(options: TokensOptions) {
    this.#options = options;
    this.#token = options.token;
  }

  /** The token, renewed first if it ends within a minute. */
  async fresh(): Promise<string> {
    if (this.#ended !== undefined) throw this.#ended;
    if (this.endsAt - this.#options.clock.now() < MARGIN_MS) return this.renewed(this.#token);
    this.#check(this.#token);
    return this.#token;
  }

  /** The token that comes after `refused`. */
  async renewed(refused: string): Promise<string> {
    if (this.#ended !== undefined) throw this.#ended;
    if (refused !== this.#token) return this.#token;
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  /** The token as it is. */
  get current(): string {
    return this.#token;
  }

  /** When the token ends by the server's clock, in milliseconds since 1970; infinity if it does not say. */
  get endsAt(): number {
    const { exp } = claimsOf(this.#token);
    return typeof exp === "number" ? exp * 1000 : Number.POSITIVE_INFINITY;
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
   * Ends the session if a token belongs to somebody else. With cookies that tabs share, another person's log-in in another
   * tab makes `renew` answer with their token: what this person wrote must not be sent in the other's name.
   */
  #check(token: string): void {
    const { sub, role } = claimsOf(token);
    const { me } = this.#options;
    const other = (typeof sub === "string" && sub !== me.userId) || (typeof role === "string" && role !== me.role);
    if (other) this.end("another_person");
  }
}

/** What a JWT says, unchecked: the server checks it, here it only saves a refusal. Nothing where it cannot be read. */
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
