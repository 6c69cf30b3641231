import { Backoff } from "../../client/backoff.ts";
import { ApiError, NetworkError } from "../../client/index.ts";
import type { BulkAction, BulkAnswer, BulkRequest, ConversationId, Problem } from "../../protocol.ts";

/** The most conversations in a request. It is the server's limit. */
export const BULK_REQUEST_SIZE = 25;

/** How often a conversation is tried whose answer says that it may work later. */
const MOST_TRIES = 4;

/** A conversation in which it was not done. */
export interface BulkFailure {
  readonly conversationId: ConversationId;
  readonly reason: string;
}

/** How far a bulk action has come. */
export interface BulkProgress {
  readonly total: number;
  /** In how many conversations it is done. */
  readonly done: number;
  readonly failed: readonly BulkFailure[];
  /** `waiting`: the server does not answer, and it is tried again in a moment. */
  readonly state: "running" | "waiting" | "stopping" | "stopped" | "finished";
}

/** What a {@link BulkRun} needs. */
export interface BulkOptions {
  /** The id of the bulk action. Every request has it, so nothing is done twice. */
  readonly id: string;
  readonly conversationIds: readonly ConversationId[];
  readonly action: BulkAction;
  readonly send: (request: BulkRequest) => Promise<BulkAnswer>;
  readonly random: () => number;
  readonly changed: (progress: BulkProgress) => void;
}

/**
 * Does the same in many conversations, one request after another. A request without an answer is
 * repeated with the same id, so each conversation gets it once.
 */
export class BulkRun {
  readonly #options: BulkOptions;
  readonly #total: number;
  /** What was neither done nor refused. */
  #left: ConversationId[];
  readonly #tries = new Map<ConversationId, number>();
  readonly #failed = new Map<ConversationId, string>();
  #done = 0;
  #state: BulkProgress["state"] = "stopped";
  #wake: (() => void) | undefined;

  constructor(options: BulkOptions) {
    this.#options = options;
    this.#left = [...new Set(options.conversationIds)];
    this.#total = this.#left.length;
  }

  get progress(): BulkProgress {
    const failed = [...this.#failed].map(([conversationId, reason]) => ({ conversationId, reason }));
    return { total: this.#total, done: this.#done, failed, state: this.#state };
  }

  /** Starts, or goes on after {@link stop}. */
  async start(): Promise<void> {
    if (this.#state !== "stopped" && this.#state !== "finished") return;
    this.#is("running");
    const backoff = new Backoff(this.#options.random);
    while (this.#left.length > 0 && !this.#isStopping()) {
      const wait = await this.#request(backoff);
      if (wait !== undefined && !this.#isStopping()) await this.#pause(wait);
    }
    this.#is(this.#left.length > 0 ? "stopped" : "finished");
  }

  /** Stops after the request that is under way. {@link start} goes on. */
  stop(): void {
    if (this.#state !== "running" && this.#state !== "waiting") return;
    this.#is("stopping");
    this.#wake?.();
  }

  /** Tries those that have failed again, with the same id. */
  async again(): Promise<void> {
    if (this.#state !== "finished" && this.#state !== "stopped") return;
    this.#left = [...this.#left, ...this.#failed.keys()];
    this.#failed.clear();
    this.#tries.clear();
    await this.start();
  }

  /** Sends one request. Returns the pause before the next one in milliseconds, if it needs one. */
  async #request(backoff: Backoff): Promise<number | undefined> {
    const conversationIds = this.#left.slice(0, BULK_REQUEST_SIZE);
    try {
      const { results } = await this.#options.send({ id: this.#options.id, conversationIds, do: this.#options.action });
      const later = this.#answered(conversationIds, new Map(results.map(({ conversationId, problem }) => [conversationId, problem])));
      if (later === undefined) backoff.reset();
      return later === undefined ? undefined : Math.max(later, backoff.next());
    } catch (problem) {
      if (problem instanceof NetworkError || (problem instanceof ApiError && problem.retryable)) {
        return Math.max((problem instanceof ApiError ? problem.retryAfterMs : undefined) ?? 0, backoff.next());
      }
      // The next request would be refused too.
      const reason = problem instanceof Error ? problem.message : String(problem);
      for (const id of this.#left) this.#failed.set(id, reason);
      this.#left = [];
      return undefined;
    }
  }

  /** Counts an answer. Returns a pause in milliseconds if some of them may work later. */
  #answered(asked: readonly ConversationId[], problems: ReadonlyMap<ConversationId, Problem | undefined>): number | undefined {
    const later: ConversationId[] = [];
    let wait: number | undefined;
    for (const id of asked) {
      const problem = problems.get(id);
      const tries = (this.#tries.get(id) ?? 0) + 1;
      this.#tries.set(id, tries);
      if (problem === undefined && problems.has(id)) this.#done += 1;
      else if (isTemporary(problem) && tries < MOST_TRIES) {
        later.push(id);
        wait = Math.max(wait ?? 0, problem?.retryAfterMs ?? 0);
      } else this.#failed.set(id, problem?.detail ?? problem?.title ?? "The server did not say what became of it.");
    }
    this.#left = [...this.#left.slice(asked.length), ...later];
    this.#is(this.#state);
    return this.#left.length === later.length ? wait : undefined;
  }

  async #pause(milliseconds: number): Promise<void> {
    this.#is("waiting");
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
    if (!this.#isStopping()) this.#is("running");
  }

  #isStopping(): boolean {
    return this.#state === "stopping";
  }

  #is(state: BulkProgress["state"]): void {
    this.#state = state;
    this.#options.changed(this.progress);
  }
}

/** Returns true if the same may work later. An answer without the conversation may too. */
function isTemporary(problem: Problem | undefined): boolean {
  return problem === undefined || new ApiError(problem.title, problem).retryable;
}
