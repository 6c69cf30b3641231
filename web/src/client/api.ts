import type {
  ConversationAnswer,
  ConversationId,
  ConversationPage,
  ConversationStatus,
  ConversationUpdate,
  Counts,
  DeskAnswer,
  DeskPage,
  DeskRequest,
  History,
  MessageAnswer,
  MessageRequest,
  MessagesFound,
  OrderAnswer,
  OrderId,
  OrderRequest,
  OrderStatus,
  OrderUpdate,
  Priority,
  Problem,
  TagId,
  TicketAnswer,
  Time,
} from "../protocol.ts";
import { AdminApi } from "./admin-api.ts";
import type { Environment } from "./environment.ts";
import { ApiError, NetworkError } from "./errors.ts";
import type { Tokens } from "./tokens.ts";

/** Time-out of a REST call, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** Time-out of a call that the outbox repeats, in milliseconds. */
const SEND_TIMEOUT_MS = 10_000;

/**
 * Options of calls that send what a person wrote. `keepalive` lets the browser finish the call when
 * the page is closed.
 */
const SENDING = { timeout: SEND_TIMEOUT_MS, keepalive: true };

const NO_CHANGES: Pick<History, "changes" | "others"> = { changes: [], others: [] };

/**
 * A page of conversations. A search also returns the last activity back to which it has searched,
 * unless it has searched everything.
 */
type SearchedPage = ConversationPage & { searchedTo?: Time };

/** Which conversations a list has. Only admins can ask for what the shop decided. */
export interface ListFilter {
  readonly status?: ConversationStatus | undefined;
  /** The user id of the admin who takes care of them, or `none`. Then only active ones that are not snoozed. */
  readonly assignee?: string | undefined;
  /** True for the snoozed ones. */
  readonly snoozed?: true | undefined;
  readonly tag?: TagId | undefined;
  readonly priority?: Priority | undefined;
}

/** A page of a list. */
interface ListQuery extends ListFilter {
  /** Only those that were active since then. */
  readonly since?: string | undefined;
  /** Only those that contain every word. */
  readonly q?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** The REST API. Every method throws {@link ApiError}, `NetworkError` or `SessionEnded`. */
export class Api {
  readonly #environment: Environment;
  readonly #tokens: Tokens;
  /** What only admins can call. */
  readonly admin: AdminApi;

  constructor(environment: Environment, tokens: Tokens) {
    this.#environment = environment;
    this.#tokens = tokens;
    this.admin = new AdminApi((method, path, body) => this.#call(method, path, body));
  }

  /** Requests a ticket, which is valid for one connection. `signal` aborts the request. */
  ticket(signal?: AbortSignal): Promise<TicketAnswer> {
    return this.#call("POST", "/api/chat/ticket", undefined, { ...(signal && { signal }) });
  }

  /**
   * Fetches a page of conversations, with the latest activity first. A page of a filtered list can
   * have fewer than `limit`, or none, although there are more pages.
   */
  conversations(query: ListQuery): Promise<SearchedPage> {
    return this.#call("GET", `/api/chat/conversations${search({ ...query })}`);
  }

  /** Fetches one conversation, with presence. */
  conversation(id: ConversationId): Promise<ConversationAnswer> {
    return this.#call("GET", `/api/chat/conversations/${encodeURIComponent(id)}`);
  }

  /** Archives, closes or reopens a conversation. Admins only. */
  setConversationStatus(id: ConversationId, status: ConversationStatus): Promise<ConversationUpdate> {
    return this.#call("PATCH", `/api/chat/conversations/${encodeURIComponent(id)}`, { status });
  }

  /** Fetches a page of the shop's log: the entries directly after a `deskSeq`. Admins only. */
  desk(id: ConversationId, query: { after: number; limit: number }): Promise<DeskPage> {
    return this.#call("GET", `/api/chat/conversations/${encodeURIComponent(id)}/desk${search(query)}`);
  }

  /** Adds a note or a decision to the shop's log. A repeated request with the same `changeId` adds nothing. */
  addToDesk(id: ConversationId, request: DeskRequest): Promise<DeskAnswer> {
    return this.#call("POST", `/api/chat/conversations/${encodeURIComponent(id)}/desk`, request, SENDING);
  }

  /** Sends a message. A repeated request with the same `clientMessageId` and `seenSeq` sends nothing. */
  sendMessage(id: ConversationId, request: MessageRequest): Promise<MessageAnswer> {
    return this.#call("POST", `/api/chat/conversations/${encodeURIComponent(id)}/messages`, request, SENDING);
  }

  /** Fetches a page of messages and changes: the newest, or those directly before or after a `seq`. */
  async history(id: ConversationId, query: { before?: number; after?: number; limit: number }): Promise<History> {
    const page = await this.#call<History>("GET", `/api/chat/conversations/${encodeURIComponent(id)}/messages${search(query)}`);
    // A server of an earlier release sends neither changes nor others.
    return { ...NO_CHANGES, ...page };
  }

  /**
   * Searches the messages of a conversation, newest first. An answer with `searchedTo` can be continued
   * `before` it, even if it is empty.
   */
  searchMessages(id: ConversationId, query: { q: string; before?: number | undefined; limit: number }): Promise<MessagesFound> {
    return this.#call("GET", `/api/chat/conversations/${encodeURIComponent(id)}/search${search(query)}`);
  }

  /** Places an order. A repeated request with the same key returns the same order. */
  placeOrder(order: OrderRequest, idempotencyKey: string): Promise<OrderAnswer> {
    return this.#call("POST", "/api/sales", order, { headers: { "idempotency-key": idempotencyKey } });
  }

  /** Fetches one order. */
  order(id: OrderId): Promise<OrderAnswer> {
    return this.#call("GET", `/api/sales/${encodeURIComponent(id)}`);
  }

  /** Changes an order's status. Admins only. */
  setOrderStatus(id: OrderId, status: OrderStatus): Promise<OrderUpdate> {
    return this.#call("PATCH", `/api/sales/${encodeURIComponent(id)}/status`, { status });
  }

  /** Fetches the number of orders by status. */
  counts(): Promise<Counts> {
    return this.#call("GET", "/api/sales/stats");
  }

  /**
   * Makes a call. API Gateway answers 401, or 403 without a `code`, if it does not accept the
   * token. Then the token is renewed and the call repeated. If the new token is refused too, the
   * session ends.
   */
  async #call<Answer>(
    method: string,
    path: string,
    body?: object,
    { headers = {}, keepalive = false, ...limits }: CallOptions = {},
  ): Promise<Answer> {
    const request: Request = { method, headers, keepalive };
    if (body !== undefined) {
      request.headers = { ...headers, "content-type": "application/json" };
      request.body = JSON.stringify(body);
    }
    const token = await this.#tokens.fresh();
    const answer = await this.#fetch(path, request, token, limits);
    if (!isTokenRefused(answer)) return bodyOf(answer);
    const again = await this.#fetch(path, request, await this.#tokens.renewed(token), limits);
    if (isTokenRefused(again)) this.#tokens.end("refused");
    return bodyOf(again);
  }

  /**
   * Sends one request and reads the whole response. Throws {@link NetworkError} if it does not
   * arrive in time.
   */
  async #fetch(path: string, request: Request, token: string, { signal, timeout = TIMEOUT_MS }: Limits): Promise<Answered> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeout);
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

function search(query: Record<string, string | number | boolean | undefined>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return `?${new URLSearchParams(given)}`;
}

/** When a call is given up: after `timeout` milliseconds, or when `signal` aborts. */
interface Limits {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

interface CallOptions extends Limits {
  readonly headers?: Readonly<Record<string, string>>;
  /** True if the browser should finish the call when the page is closed. */
  readonly keepalive?: boolean;
}

/** A request without its token. */
interface Request {
  method: string;
  headers: Readonly<Record<string, string>>;
  keepalive: boolean;
  body?: string;
}

/** A response and its whole body. */
interface Answered {
  readonly response: Response;
  readonly text: string;
}

/**
 * Returns true if API Gateway refused the token. A firewall or proxy can also answer 403, but with
 * another body.
 */
function isTokenRefused({ response: { status }, text }: Answered): boolean {
  const { code, message } = problemIn(text);
  return (status === 401 || status === 403) && code === undefined && typeof message === "string";
}

function bodyOf<Answer>({ response, text }: Answered): Answer {
  if (response.ok) {
    try {
      return JSON.parse(text) as Answer;
    } catch (cause) {
      throw new NetworkError("The server's answer is incomplete.", { cause });
    }
  }
  const { detail, title, message, ...about } = problemIn(text);
  throw new ApiError(detail ?? title ?? message ?? response.statusText, { ...about, status: response.status });
}

/** Returns the API's problem document or API Gateway's message, or an empty object. */
function problemIn(text: string): Partial<Problem> & { message?: string } {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}
