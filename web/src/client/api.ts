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
} from "../protocol.ts";
import type { Environment } from "./environment.ts";
import { ApiError, NetworkError } from "./errors.ts";
import type { Tokens } from "./tokens.ts";

/** A REST call that takes longer has failed, in milliseconds. */
const PATIENCE = 30_000;

/** The REST API, one method a call. Every method throws {@link ApiError}, `NetworkError` or `SessionExpired`. */
export class Api {
  readonly #environment: Environment;
  readonly #tokens: Tokens;

  constructor(environment: Environment, tokens: Tokens) {
    this.#environment = environment;
    this.#tokens = tokens;
  }

  /** A ticket, good for one connection. */
  ticket(): Promise<TicketAnswer> {
    return this.#call("POST", "/api/chat/ticket");
  }

  /** A page of conversations, last activity first. */
  conversations(query: { since?: string | undefined; cursor?: string | undefined; limit: number }): Promise<ConversationPage> {
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

  async #call<Answer>(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
    const token = await this.#tokens.fresh(this.#environment.now());
    let response = await this.#fetch(method, path, token, body, headers);
    if (response.status === 401 || response.status === 403) {
      const problem = await problemOf(response);
      if (problem.code !== undefined) throw problem;
      const renewed = await this.#tokens.renewed(token);
      response = await this.#fetch(method, path, renewed, body, headers);
    }
    if (!response.ok) throw await problemOf(response);
    try {
      return (await response.json()) as Answer;
    } catch (cause) {
      throw new NetworkError("The answer broke off.", { cause });
    }
  }

  async #fetch(method: string, path: string, token: string, body: object | undefined, headers: Record<string, string>): Promise<Response> {
    const request: RequestInit = {
      method,
      headers: { ...headers, authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(PATIENCE),
      cache: "no-store",
    };
    if (body !== undefined) {
      request.headers = { ...request.headers, "content-type": "application/json" };
      request.body = JSON.stringify(body);
    }
    try {
      return await this.#environment.fetch(this.#environment.api + path, request);
    } catch (cause) {
      throw new NetworkError("The server cannot be reached.", { cause });
    }
  }
}

function search(query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return `?${new URLSearchParams(given)}`;
}

async function problemOf(response: Response): Promise<ApiError> {
  const status = response.status;
  try {
    const body = (await response.json()) as Partial<Problem> & { message?: string };
    const words = body.detail ?? body.title ?? body.message ?? response.statusText;
    return new ApiError(words, { code: body.code, status, retryAfterMs: body.retryAfterMs });
  } catch {
    return new ApiError(response.statusText, { status });
  }
}
