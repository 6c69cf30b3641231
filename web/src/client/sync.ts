import type { ConversationId, ConversationPage } from "../protocol.ts";
import type { Api } from "./api.ts";
import { Backoff } from "./backoff.ts";
import type { Moment } from "./conversation.ts";
import { type Environment, pause } from "./environment.ts";
import { ApiError, NetworkError, SessionEnded } from "./errors.ts";
import type { Change } from "./reducer.ts";
import type { State } from "./state.ts";
import { EMPTY_TIMELINE, gaplessSeq, hasGap } from "./timeline.ts";

/** Messages of a page. */
const MESSAGES = 50;

/** Messages, or conversations, of a page when catching up: as many as the server gives. */
const CATCH_UP = 100;

/** Conversations of a page. */
const CONVERSATIONS = 50;

/** After a lost connection at most so many conversations are fetched again; what is held beyond them is dropped from the list. */
const MOST_REFRESHED = 400;

/** A sync that finds more pages of active conversations than this fetches the newest ones instead. */
const MOST_PAGES_SINCE = 5;

/** Frames may overtake each other: a gap that closes within this time needs no request, in milliseconds. */
const GAP_TIMEOUT_MS = 250;

/** A conversation that could not be fetched is not asked for again before this has passed, in milliseconds. */
const FAILED_REFRESH_MS = 5_000;

/** What a {@link Sync} needs. */
export interface SyncOptions {
  readonly environment: Pick<Environment, "random" | "reportError">;
  readonly api: Api;
  readonly state: () => State;
  readonly dispatch: (change: Change) => void;
  /** A new moment, later than all before it. */
  readonly moment: () => Moment;
}

/** Fetches what pushes did not bring. */
export class Sync {
  readonly #options: SyncOptions;
  readonly #backoff: Backoff;
  #running: Promise<void> | undefined;
  #again = false;
  /** Events may have been missed, also of what is no activity: a status, a receipt. */
  #missed = false;
  #stopped = true;
  /** A sync that failed is repeated after a pause; sooner with a new connection. */
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** The highest `seq` that was already asked for, by conversation: what the server does not have is asked for once. */
  readonly #chased = new Map<ConversationId, number>();
  readonly #refreshing = new Map<ConversationId, Promise<void>>();
  readonly #loading = new Map<ConversationId, { again: boolean; done: Promise<void> }>();
  readonly #paging = new Map<ConversationId, Promise<void>>();
  #pagingList: Promise<void> | undefined;

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#backoff = new Backoff(() => options.environment.random());
  }

  /** Allows requests. */
  start(): void {
    this.#stopped = false;
  }

  /** Makes no further request until {@link start}. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
  }

  /** Syncs the list and the open conversation; once more if it is asked for meanwhile. Events may have been `missed`. */
  now(missed = false): Promise<void> {
    this.#missed ||= missed;
    this.#again = this.#running !== undefined;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** After a change from `before`: asks for what it showed to be missing. */
  watch(before: State): void {
    const state = this.#state();
    if (state.open !== undefined) this.#chase(state.open);
    if (state.conversations === before.conversations) return;
    for (const [id, entry] of state.conversations) if (entry.stale) void this.refresh(id);
  }

  /** Brings a conversation to the newest message; once more if it is asked for meanwhile. */
  history(id: ConversationId): Promise<void> {
    const running = this.#loading.get(id);
    if (running !== undefined) {
      running.again = true;
      return running.done;
    }
    const loading = { again: false, done: Promise.resolve() };
    this.#loading.set(id, loading);
    loading.done = this.#history(id, loading).finally(() => this.#loading.delete(id));
    return loading.done;
  }

  /** Loads the messages before those held; once for all who ask meanwhile. */
  older(id: ConversationId): Promise<void> {
    const running = this.#paging.get(id) ?? this.#older(id).finally(() => this.#paging.delete(id));
    this.#paging.set(id, running);
    return running;
  }

  /** Loads the next page of conversations; once for all who ask meanwhile. */
  moreConversations(): Promise<void> {
    this.#pagingList ??= this.#moreConversations().finally(() => (this.#pagingList = undefined));
    return this.#pagingList;
  }

  /** Fetches one conversation, with who is online. */
  async conversation(id: ConversationId): Promise<void> {
    const at = this.#options.moment();
    const { conversation } = await this.#api.conversation(id);
    this.#dispatch({ type: "conversation", conversation, at });
  }

  /** Fetches a conversation that is stale or not held; once for all who ask meanwhile. */
  refresh(id: ConversationId): Promise<void> {
    const running = this.#refreshing.get(id) ?? this.#refresh(id).finally(() => this.#refreshing.delete(id));
    this.#refreshing.set(id, running);
    return running;
  }

  /** All requests go through this. */
  get #api(): Api {
    if (this.#stopped) throw new NetworkError("The client has been stopped.");
    return this.#options.api;
  }

  #state(): State {
    return this.#options.state();
  }

  #dispatch(change: Change): void {
    this.#options.dispatch(change);
  }

  async #run(): Promise<void> {
    do {
      this.#again = false;
      clearTimeout(this.#retry);
      try {
        const { open } = this.#state();
        const asOf = await this.#list();
        if (open !== undefined) await this.history(open).catch(onlyForNow);
        this.#backoff.reset();
        this.#dispatch({ type: "synced", asOf });
      } catch (problem) {
        if (problem instanceof SessionEnded || this.#stopped) return;
        if (!(problem instanceof NetworkError)) this.#dispatch({ type: "synced", failure: this.#wordsFor(problem) });
        const wait = (problem instanceof ApiError ? problem.retryAfterMs : undefined) ?? this.#backoff.next();
        this.#retry = setTimeout(() => void this.now(), wait);
        return;
      }
    } while (this.#again);
  }

  #wordsFor(problem: unknown): string {
    if (problem instanceof ApiError) return problem.message;
    // An answer that is not as expected.
    this.#options.environment.reportError(problem);
    return "The server's answer could not be read.";
  }

  /** Brings the list up to date. Answers the `since` of the next sync. */
  async #list(): Promise<string> {
    const { asOf } = this.#state();
    const found = asOf === undefined || this.#missed ? undefined : await this.#activeSince(asOf);
    return found ?? this.#newestPages();
  }

  /** The conversations that were active since `since`; `undefined` if there are too many of them. */
  async #activeSince(since: string): Promise<string | undefined> {
    let next: { asOf?: string; cursor?: string | undefined } = {};
    for (let pages = 0; pages < MOST_PAGES_SINCE; pages += 1) {
      const at = this.#options.moment();
      const page: ConversationPage = await this.#api.conversations({ since, cursor: next.cursor, limit: CATCH_UP });
      this.#dispatch({ type: "list", page, asked: "since", at });
      next = { asOf: next.asOf ?? page.asOf, cursor: page.nextCursor };
      if (next.cursor === undefined) return next.asOf;
    }
    return undefined;
  }

  /**
   * As many of the newest conversations as are held, within a bound: a status or a receipt is no activity, so what was missed of them is
   * found only by fetching the conversation.
   */
  async #newestPages(): Promise<string> {
    const at = this.#options.moment();
    const wanted = Math.min(MOST_REFRESHED, Math.max(CONVERSATIONS, this.#state().conversations.size));
    const limit = Math.min(CATCH_UP, wanted);
    let page = await this.#api.conversations({ limit });
    const { asOf } = page;
    const pages = [page];
    while (page.nextCursor !== undefined && pages.length * limit < wanted) {
      page = await this.#api.conversations({ cursor: page.nextCursor, limit });
      pages.push(page);
    }
    // A loss that happened meanwhile asks once more.
    if (!this.#again) this.#missed = false;
    this.#dispatch({ type: "refreshed", pages, at });
    return asOf;
  }

  async #history(id: ConversationId, loading: { again: boolean }): Promise<void> {
    const timeline = () => this.#state().timelines.get(id) ?? EMPTY_TIMELINE;
    do {
      loading.again = false;
      if (!timeline().loaded) {
        const page = await this.#api.history(id, { limit: MESSAGES });
        this.#dispatch({ type: "history", conversationId: id, page, asked: "newest" });
        continue;
      }
      let more = true;
      while (more) {
        const after = gaplessSeq(timeline());
        const page = await this.#api.history(id, { after, limit: CATCH_UP });
        this.#dispatch({ type: "history", conversationId: id, page, asked: "after" });
        // The server has a hole where a page does not get further: the next one would be the same.
        more = page.hasMore && gaplessSeq(timeline()) > after;
      }
    } while (loading.again);
  }

  async #moreConversations(): Promise<void> {
    const { olderCursor: cursor } = this.#state();
    if (cursor === undefined) return;
    const at = this.#options.moment();
    const page = await this.#api.conversations({ cursor, limit: CONVERSATIONS }).catch((problem: unknown) => {
      // A cursor that is no longer good: begin again, what is known is merged by id.
      if (problem instanceof ApiError && problem.code === "invalid_cursor") return this.#api.conversations({ limit: CONVERSATIONS });
      throw problem;
    });
    if (this.#state().olderCursor === cursor) this.#dispatch({ type: "list", page, asked: "older", at });
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
    void pause(GAP_TIMEOUT_MS).then(async () => {
      const now = this.#state().timelines.get(id);
      if (now === undefined || !hasGap(now, target)) return;
      await this.history(id).catch(() => this.#chased.delete(id));
    });
  }

  async #refresh(id: ConversationId): Promise<void> {
    try {
      await pause(GAP_TIMEOUT_MS);
      if (this.#state().conversations.get(id)?.stale !== false) await this.conversation(id);
      await pause(GAP_TIMEOUT_MS);
    } catch {
      // It stays stale or unknown: the next change asks again.
      await pause(FAILED_REFRESH_MS);
    }
  }
}

/** Ignores what is refused for good: whoever opened the conversation is told of it, and the rest of a sync has worked. */
function onlyForNow(problem: unknown): void {
  if (!(problem instanceof ApiError) || problem.retryable) throw problem;
}
