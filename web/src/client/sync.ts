import type { ConversationId } from "../protocol.ts";
import type { Api } from "./api.ts";
import { Backoff } from "./backoff.ts";
import { type Environment, pause } from "./environment.ts";
import { SessionExpired, ApiError, NetworkError } from "./errors.ts";
import type { Change } from "./reducer.ts";
import type { State } from "./state.ts";
import { EMPTY_TIMELINE, gaplessSeq, hasGap } from "./timeline.ts";

/** Messages of a page. */
const MESSAGES = 50;

/** Messages of a page when catching up. */
const CATCH_UP = 100;

/** Conversations of a page. */
const CONVERSATIONS = 50;

/** Frames may overtake each other: a jump that fills itself within this time needs no request, in milliseconds. */
const PATIENCE = 250;

/** A conversation that could not be fetched is not asked for again before this has passed, in milliseconds. */
const AGAIN = 5_000;

/** Fetches what pushes did not bring. */
export class Sync {
  readonly #server: Api;
  readonly #state: () => State;
  readonly #dispatch: (change: Change) => void;
  /** The conversation on the screen. */
  readonly #open: () => ConversationId | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  /** Events may have been missed, also of what is no activity: a status, a receipt. */
  #missed = false;
  #stopped = false;
  /** A sync that failed is repeated after these; sooner with a new connection. */
  readonly #pauses: Backoff;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** The highest `seq` that was already asked for, by conversation: what cannot be filled is not asked for in a circle. */
  readonly #chased = new Map<ConversationId, number>();
  readonly #refreshing = new Map<ConversationId, Promise<void>>();
  readonly #paging = new Map<ConversationId, Promise<void>>();

  constructor(
    environment: Pick<Environment, "random">,
    api: Api,
    state: () => State,
    dispatch: (change: Change) => void,
    open: () => ConversationId | undefined,
  ) {
    this.#pauses = new Backoff(() => environment.random());
    this.#server = api;
    this.#state = state;
    this.#dispatch = dispatch;
    this.#open = open;
  }

  /** Syncs the list and the open conversation; once more if it is asked for meanwhile. Events may have been `missed`. */
  now(missed = false): Promise<void> {
    this.#missed ||= missed;
    this.#again = this.#running !== undefined;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** After a change: asks for what it showed to be missing. */
  watch(): void {
    const [state, open] = [this.#state(), this.#open()];
    if (open !== undefined) this.#chase(open);
    for (const [id, entry] of state.conversations) if (entry.stale) void this.refresh(id);
  }

  /** Brings a conversation to the newest message. */
  async history(id: ConversationId): Promise<void> {
    const timeline = () => this.#state().timelines.get(id) ?? EMPTY_TIMELINE;
    let more = timeline().loaded;
    if (!more) {
      const page = await this.#api.history(id, { limit: MESSAGES });
      this.#dispatch({ type: "history", conversationId: id, page, asked: "newest" });
    }
    while (more) {
      const after = gaplessSeq(timeline());
      const page = await this.#api.history(id, { after, limit: CATCH_UP });
      this.#dispatch({ type: "history", conversationId: id, page, asked: "after" });
      // The server has a hole where a page does not get further: the next one would be the same.
      more = page.hasMore && gaplessSeq(timeline()) > after;
    }
  }

  /** Loads the messages before those held; once for all who ask meanwhile. */
  older(id: ConversationId): Promise<void> {
    const running = this.#paging.get(id) ?? this.#older(id).finally(() => this.#paging.delete(id));
    this.#paging.set(id, running);
    return running;
  }

  /** Loads the next page of conversations. */
  async olderConversations(): Promise<void> {
    const cursor = this.#state().olderCursor;
    if (cursor === undefined) return;
    const page = await this.#api.conversations({ cursor, limit: CONVERSATIONS }).catch((problem: unknown) => {
      // A cursor that is no longer good: begin again, what is known is merged by id.
      if (problem instanceof ApiError && problem.code === "invalid_cursor") return this.#api.conversations({ limit: CONVERSATIONS });
      throw problem;
    });
    if (this.#state().olderCursor === cursor) this.#dispatch({ type: "list", page, asked: "older" });
  }

  /** Fetches one conversation, with who is there. */
  async conversation(id: ConversationId): Promise<void> {
    const { conversation } = await this.#api.conversation(id);
    this.#dispatch({ type: "conversation", conversation });
  }

  /** Fetches a conversation that is stale or not held; once for all who ask meanwhile. */
  refresh(id: ConversationId): Promise<void> {
    const running = this.#refreshing.get(id) ?? this.#refresh(id).finally(() => this.#refreshing.delete(id));
    this.#refreshing.set(id, running);
    return running;
  }

  /** Asks for nothing more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
  }

  /** What everything is asked through. */
  get #api(): Api {
    if (this.#stopped) throw new NetworkError("Nothing more is asked for.");
    return this.#server;
  }

  async #run(): Promise<void> {
    do {
      this.#again = false;
      clearTimeout(this.#retry);
      try {
        const open = this.#open();
        const asOf = await this.#list();
        if (open !== undefined) await this.history(open).catch(forGood);
        this.#pauses.reset();
        this.#dispatch({ type: "synced", asOf });
      } catch (problem) {
        if (problem instanceof SessionExpired || this.#stopped) return;
        if (problem instanceof ApiError) this.#dispatch({ type: "synced", failure: problem.message });
        this.#retry = setTimeout(() => void this.now(), this.#pauses.next());
        return;
      }
    } while (this.#again);
  }

  /**
   * Everything that was active since the last sync, and where events may have been missed a page of all; the first time only
   * that page. Answers the next `since`.
   */
  async #list(): Promise<string | undefined> {
    const since = this.#state().asOf;
    if (since === undefined || this.#missed) {
      const page = await this.#api.conversations({ limit: CONVERSATIONS });
      // What was asked for meanwhile may be about the next loss.
      if (!this.#again) this.#missed = false;
      this.#dispatch({ type: "list", page, asked: since === undefined ? "first" : "since" });
      if (since === undefined) return page.asOf;
    }
    let page = await this.#api.conversations({ since, limit: CATCH_UP });
    const { asOf } = page;
    this.#dispatch({ type: "list", page, asked: "since" });
    while (page.nextCursor !== undefined) {
      page = await this.#api.conversations({ since, cursor: page.nextCursor, limit: CATCH_UP });
      this.#dispatch({ type: "list", page, asked: "since" });
    }
    return asOf;
  }

  async #older(id: ConversationId): Promise<void> {
    const timeline = this.#state().timelines.get(id);
    const before = timeline?.messages[0]?.seq;
    if (timeline === undefined || before === undefined || !timeline.hasOlder) return;
    const page = await this.#api.history(id, { before, limit: CATCH_UP });
    this.#dispatch({ type: "history", conversationId: id, page, asked: "before" });
  }

  #chase(id: ConversationId): void {
    const [timeline, entry] = [this.#state().timelines.get(id), this.#state().conversations.get(id)];
    if (timeline === undefined || entry === undefined) return;
    const target = Math.max(entry.conversation.lastSeq, timeline.messages.at(-1)?.seq ?? 0);
    if (!hasGap(timeline, entry.conversation.lastSeq) || target <= (this.#chased.get(id) ?? 0)) return;
    this.#chased.set(id, target);
    void pause(PATIENCE).then(async () => {
      const now = this.#state().timelines.get(id);
      if (now === undefined || !hasGap(now, target)) return;
      await this.history(id).catch(() => this.#chased.delete(id));
    });
  }

  async #refresh(id: ConversationId): Promise<void> {
    try {
      await pause(PATIENCE);
      if (this.#state().conversations.get(id)?.stale !== false) await this.conversation(id);
      await pause(PATIENCE);
    } catch {
      // It stays stale or unknown: the next change asks again.
      await pause(AGAIN);
    }
  }
}

/** Lets pass what is refused for good: whoever opened the conversation says so, and the rest of a sync has worked. */
function forGood(problem: unknown): void {
  if (!(problem instanceof ApiError) || problem.retryable) throw problem;
}
