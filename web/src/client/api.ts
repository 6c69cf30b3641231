import type {
  ConversationAnswer,
  ConversationId,
  ConversationPage,
  ConversationStatus,
  Counts,
  History,
  OrderAnswer,
  OrderId,
  OrderRequest,
  OrderStatus,
  OrderUpdate,
  Problem,
  TicketAnswer,
  Time,
} from "../protocol.ts";
import type { Environment } from "./environment.ts";
import { ApiError, NetworkError } from "./errors.ts";
import type { Tokens } from "./tokens.ts";

/** A REST call that takes longer has failed, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** A page of conversations; with `q` it says back to which last activity it has looked, unless it has looked at all. */
type SearchedPage = ConversationPage & { searchedTo?: Time };

/** The REST API, one method a call. Every method throws {@link ApiError}, `NetworkError` or `SessionEnded`. */
export class Api {
  readonly #environment: Environment;
  readonly #tokens: Tokens;

  constructor(environment: Environment, tokens: Tokens) {
    this.#environment = environment;
    this.#tokens = tokens;
  }

  /** A ticket, good for one connection. `signal` gives up. */
  ticket(signal?: AbortSignal): Promise<TicketAnswer> {
    return this.#call("POST", "/api/chat/ticket", undefined, {}, signal);
  }

  /** A page of conversations, last activity first: all, those active since a moment, or those in which every word of `q` is found. */
  conversations(query: { since?: string | undefined; q?: string; cursor?: string | undefined; limit: number }): Promise<SearchedPage> {
    return this.#call("GET", `/api/chat/conversations${search(query)}`);
  }

  /** One conversation, with who is there. */
  conversation(id: ConversationId): Promise<ConversationAnswer> {
    return this.#call("GET", `/api/chat/conversations/${encodeURIComponent(id)}`);
  }

  /** Archives, closes or opens a conversation. Admins only. */
  setConversationStatus(id: ConversationId, status: ConversationStatus): Promise<ConversationAnswer> {
    return this.#call("PATCH", `/api/chat/conversations/${encodeURIComponent(id)}`, { status });
  }

  /** A page of messages: the newest, or those right before or after a `seq`. */
  history(id: ConversationId, query: { before?: number; after?: number; limit: number }): Promise<History> {
    return this.#call("GET", `/api/chat/conversations/${encodeURIComponent(id)}/messages${search(query)}`);
  }

  /** Places an order. The same key again answers the same order. */
  placeOrder(order: OrderRequest, idempotencyKey: string): Promise<OrderAnswer> {
    return this.#call("POST", "/api/sales", order, { "idempotency-key": idempotencyKey });
  }

  /** One order. */
  order(id: OrderId): Promise<OrderAnswer> {
    return this.#call("GET", `/api/sales/${encodeURIComponent(id)}`);
  }

  /** Moves an order on. Admins only. */
  setOrderStatus(id: OrderId, status: OrderStatus): Promise<OrderUpdate> {
    return this.#call("PATCH", `/api/sales/${encodeURIComponent(id)}/status`, { status });
  }

  /** How many orders there are by status. */
  counts(): Promise<Counts> {
    return this.#call("GET", "/api/sales/stats");
  }

  /**
   * Makes a call. API Gateway answers 401, or 403 without a `code`, to a token that it does not accept: then the token is renewed,
   * and if the new one is refused too, the session ends.
   */
  async #call<Answer>(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<Answer> {
    const request: Request = { method, headers };
    if (body !== undefined) {
      request.headers = { ...headers, "content-type": "application/json" };
      request.body = JSON.stringify(body);
    }
    const token = await this.#tokens.fresh();
    const answer = await this.#fetch(path, request, token, signal);
    if (!isTokenRefused(answer)) return bodyOf(answer);
    const again = await this.#fetch(path, request, await this.#tokens.renewed(token), signal);
    if (isTokenRefused(again)) this.#tokens.end("refused");
    return bodyOf(again);
  }

  /** One request with its whole answer. Throws {@link NetworkError} if there is none in time. */
  async #fetch(path: string, request: Request, token: string, signal: AbortSignal | undefined): Promise<Answered> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    const giveUp = () => abort.abort();
    signal?.addEventListener("abort", giveUp);
    if (signal?.aborted === true) giveUp();
    try {
      const headers = { ...request.headers, authorization: `Bearer ${token}` };
      const response = await this.#environment.fetch(this.#environment.api + path, { ...request, headers, signal: abort.signal, cache: "no-store" });
      return { response, text: await response.text() };
    } catch (cause) {
      throw new NetworkError("The server cannot be reached.", { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }
}

function search(query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return `?${new URLSearchParams(given)}`;
}

/** A request without its token. */
interface Request {
  method: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
}

/** An answer whose body has come to its end. */
interface Answered {
  readonly response: Response;
  readonly text: string;
}

/** Whether API Gateway refused the token. A firewall or a proxy in front answers 403 too, and not in its words. */
function isTokenRefused({ response: { status }, text }: Answered): boolean {
  const { code, message } = problemIn(text);
  return (status === 401 || status === 403) && code === undefined && typeof message === "string";
}

function bodyOf<Answer>({ response, text }: Answered): Answer {
  if (response.ok) {
    try {
      return JSON.parse(text) as Answer;
    } catch (cause) {
      throw new NetworkError("The answer is not complete.", { cause });
    }
  }
  const { detail, title, message, code, retryAfterMs } = problemIn(text);
  throw new ApiError(detail ?? title ?? message ?? response.statusText, { code, status: response.status, retryAfterMs });
}

/** What a refusal says: the API's own problem, or API Gateway's message. */
function problemIn(text: string): Partial<Problem> & { message?: string } {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}
