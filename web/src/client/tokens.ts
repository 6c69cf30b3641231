import { SessionExpired, NetworkError } from "./errors.ts";

/** Gets a new JWT from whoever logs people in. `undefined` if they have to log in again; throws where that could not be found out. */
export type Renew = () => Promise<string | undefined>;

/** A token this close to its end is renewed before it is used, in milliseconds. */
const MARGIN = 60_000;

/** Holds the JWT and renews it, once for all who ask at the same time. */
export class Tokens {
  #token: string;
  #renewing: Promise<string> | undefined;
  readonly #renew: Renew;

  constructor(token: string, renew: Renew) {
    this.#token = token;
    this.#renew = renew;
  }

  /** The token, renewed first if it ends within a minute. */
  async fresh(now: number): Promise<string> {
    return this.endsAt - now < MARGIN ? this.renewed(this.#token) : this.#token;
  }

  /** The token that comes after `refused`. */
  async renewed(refused: string): Promise<string> {
    if (refused !== this.#token) return this.#token;
    this.#renewing ??= this.#ask().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  /** The token as it is. */
  get current(): string {
    return this.#token;
  }

  /** When the token ends, in milliseconds since 1970; infinity if it does not say. */
  get endsAt(): number {
    return endOf(this.#token);
  }

  async #ask(): Promise<string> {
    const token = await this.#renew().catch((cause: unknown) => {
      throw new NetworkError("The log-in could not be renewed.", { cause });
    });
    if (token === undefined) throw new SessionExpired("The log-in has expired.");
    this.#token = token;
    return token;
  }
}

/** What a JWT's `exp` says, in milliseconds. The server checks it; here it only saves a refusal. */
function endOf(token: string): number {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const claims: unknown = JSON.parse(atob(payload));
    if (typeof claims === "object" && claims !== null && "exp" in claims && typeof claims.exp === "number") {
      return claims.exp * 1000;
    }
  } catch {
    // Not a JWT that can be read here; whether it is good is for the server to say.
  }
  return Number.POSITIVE_INFINITY;
}
