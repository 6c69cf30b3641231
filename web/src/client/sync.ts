import type { ConversationId, ConversationPage } from "../protocol.ts";
import type { Api } from "./api.ts";
import { Backoff } from "./backoff.ts";
import type { Moment } from "./conversation.ts";
import { gaplessDeskSeq } from "./desk.ts";
import { type Environment, pause } from "./environment.ts";
import { ApiError, NetworkError, SessionEnded } from "./errors.ts";
import type { StateChange } from "./reducer.ts";
import type { State } from "./state.ts";
import { EMPTY_TIMELINE, gaplessSeq, hasGap, newestSeq, oldestSeq } from "./timeline.ts";

/** Page size of the history, in messages and changes. */
const MESSAGES = 50;

/** Page size when catching up, in entries or conversations. It is the server's maximum. */
const CATCH_UP = 100;

/** Page size of the list, in conversations. */
const CONVERSATIONS = 50;

/**
 * The maximum number of conversations that are fetched again after a lost connection. Held
 * conversations beyond it are dropped from the list.
 */
const MOST_REFRESHED = 400;

/**
 * The maximum number of pages of active conversations in a sync. With more, the newest
 * conversations are fetched instead.
 */
const MOST_PAGES_SINCE = 5;

/**
 * Frames can overtake each other. A gap that closes within this time needs no request, in
 * milliseconds.
 */
const GAP_TIMEOUT_MS = 250;

/** Time after which a failed fetch of a conversation is repeated, in milliseconds. */
const FAILED_REFRESH_MS = 5_000;

/**
 * The delay before a conversation is fetched because a clock of the SLA has begun, in milliseconds.
 * People often write more than one message.
 */
const CLOCKS_DELAY_MS = 1_000;

/**
 * The maximum number of fetches of a conversation in a row, if each time an event has made it stale
 * again.
 */
const MOST_REFRESHES = 5;

/** The dependencies of a {@link Sync}. */
export interface SyncOptions {
  readonly environment: Pick<Environment, "random" | "reportError">;
  readonly api: Api;
  readonly state: () => State;
  readonly dispatch: (change: StateChange) => void;
  /** Returns a new moment, later than all previous ones. */
  readonly moment: () => Moment;
}

/** Fetches what pushed events did not bring. */
export class Sync {
  readonly #options: SyncOptions;
  readonly #backoff: Backoff;
  #running: Promise<void> | undefined;
  /** True if another sync was requested while one is running. */
  #repeat = false;
  /** True if events may have been missed that are no activity: receipts and notes. */
  #eventsMissed = false;
  #stopped = false;
  /** Timer that repeats a failed sync. A new connection syncs earlier. */
  #retry: ReturnType<typeof setTimeout> | undefined;
  /**
   * The highest requested `seq` by conversation, so that an entry that the server does not have is
   * requested only once.
   */
  readonly #requestedSeqs = new Map<ConversationId, number>();
  /** The same for the shop's log. */
  readonly #requestedDeskSeqs = new Map<ConversationId, number>();
  readonly #refreshing = new Map<ConversationId, Promise<void>>();
  readonly #loading = new Map<ConversationId, { again: boolean; done: Promise<void> }>();
  readonly #paging = new Map<ConversationId, Promise<void>>();
  #pagingList: Promise<void> | undefined;
  /** Whether the shop has an SLA. Asked when it matters for the first time. */
  #hasSla: Promise<boolean> | undefined;
  /** The conversations whose desks are being fetched. */
  readonly #requestedDesks = new Set<ConversationId>();

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#backoff = new Backoff(() => options.environment.random());
  }

  /** Allows requests. */
  start(): void {
    this.#stopped = false;
  }

  /** Stops requests until {@link start}. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
  }

  /** Call it when the shop has another SLA. Fetches the clocks of the conversations in the list. */
  slaChanged(): void {
    this.#hasSla = undefined;
    void this.sync(true);
  }

  /** Syncs the list and the open conversation. A call during a sync starts one more. */
  sync(eventsMissed = false): Promise<void> {
    this.#eventsMissed ||= eventsMissed;
    this.#repeat = this.#running !== undefined;
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Requests what a change from `before` has shown to be missing. */
  watch(before: State): void {
    const state = this.#state();
    if (state.open !== undefined) {
      this.#requestMissing(state.open);
      this.#requestMissingDesk(state.open);
    }
    if (state.conversations === before.conversations) return;
    for (const [id, entry] of state.conversations) {
      if (entry.stale) void this.refresh(id);
      else if (entry.deskVersion?.missing !== undefined && entry !== before.conversations.get(id)) this.#requestDesk(id, entry.deskVersion.missing === "clocks");
    }
  }

  /** Loads a conversation's messages up to the newest. A call meanwhile starts one more. */
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

  /** Loads the shop's log up to the newest entry. Admins only. */
  async desk(id: ConversationId): Promise<void> {
    const held = () => gaplessDeskSeq(this.#state().desks.get(id) ?? []);
    for (let more = true; more; ) {
      const after = held();
      const { entries, deskSeq, hasMore } = await this.#api.desk(id, { after, limit: CATCH_UP });
      this.#dispatch({ type: "desk", conversationId: id, entries, deskSeq });
      // If a page brings no progress, the conversation was left, or the server has a gap.
      more = hasMore && held() > after;
    }
  }

  /** Loads older messages. Concurrent calls share one request. */
  older(id: ConversationId): Promise<void> {
    const running = this.#paging.get(id) ?? this.#older(id).finally(() => this.#paging.delete(id));
    this.#paging.set(id, running);
    return running;
  }

  /** Loads the next page of conversations. Concurrent calls share one request. */
  moreConversations(): Promise<void> {
    this.#pagingList ??= this.#moreConversations().finally(() => (this.#pagingList = undefined));
    return this.#pagingList;
  }

  /** Fetches one conversation, with presence. */
  async conversation(id: ConversationId): Promise<void> {
    const at = this.#options.moment();
    const { conversation } = await this.#api.conversation(id);
    this.#dispatch({ type: "conversation", conversation, at });
  }

  /** Fetches a conversation that is stale or not held. Concurrent calls share one request. */
  refresh(id: ConversationId): Promise<void> {
    const running = this.#refreshing.get(id) ?? this.#refresh(id).finally(() => this.#refreshing.delete(id));
    this.#refreshing.set(id, running);
    return running;
  }

  /** All requests go through this getter. */
  get #api(): Api {
    if (this.#stopped) throw new NetworkError("The client was stopped.");
    return this.#options.api;
  }

  #state(): State {
    return this.#options.state();
  }

  #dispatch(change: StateChange): void {
    this.#options.dispatch(change);
  }

  async #run(): Promise<void> {
    // Wait, so that the promise of this run is stored before the first request.
    await Promise.resolve();
    do {
      this.#repeat = false;
      clearTimeout(this.#retry);
      try {
        const { open } = this.#state();
        const asOf = await this.#list();
        if (open !== undefined) await this.history(open).catch(throwIfTemporary);
        if (open !== undefined && this.#hasDesk(open)) await this.desk(open).catch(throwIfTemporary);
        this.#backoff.reset();
        this.#dispatch({ type: "synced", asOf });
      } catch (problem) {
        if (problem instanceof SessionEnded || this.#stopped) break;
        if (!(problem instanceof NetworkError)) this.#dispatch({ type: "synced", failure: this.#messageFor(problem) });
        const wait = (problem instanceof ApiError ? problem.retryAfterMs : undefined) ?? this.#backoff.next();
        this.#retry = setTimeout(() => void this.sync(), wait);
        break;
      }
    } while (this.#repeat);
    this.#running = undefined;
  }

  #messageFor(problem: unknown): string {
    if (problem instanceof ApiError) return problem.message;
    // The response is malformed.
    this.#options.environment.reportError(problem);
    return "The server's answer could not be read.";
  }

  /** Updates the list. Returns the `since` of the next sync. */
  async #list(): Promise<string> {
    const { asOf } = this.#state();
    const found = asOf === undefined || this.#eventsMissed ? undefined : await this.#activeSince(asOf);
    return found ?? this.#newestPages();
  }

  /**
   * Fetches the conversations that were active since `since`. Returns `undefined` if there are too
   * many.
   */
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
   * Fetches as many of the newest conversations as are held, up to the limit. A receipt or a note
   * is no activity, so missed ones are found only by fetching the conversation.
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
    // A loss meanwhile requests one more sync.
    if (!this.#repeat) this.#eventsMissed = false;
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
      while (more && timeline().loaded) {
        const after = gaplessSeq(timeline());
        const page = await this.#api.history(id, { after, limit: CATCH_UP });
        this.#dispatch({ type: "history", conversationId: id, page, asked: "after" });
        // If a page brings no progress, the server has a gap. The next page would be the same.
        more = page.hasMore && gaplessSeq(timeline()) > after;
      }
    } while (loading.again);
  }

  async #moreConversations(): Promise<void> {
    const { olderCursor: cursor } = this.#state();
    if (cursor === undefined) return;
    const at = this.#options.moment();
    const page = await this.#api.conversations({ cursor, limit: CONVERSATIONS }).catch((problem: unknown) => {
      // The cursor is no longer valid. Start again; known conversations are merged by id.
      if (problem instanceof ApiError && problem.code === "invalid_cursor") return this.#api.conversations({ limit: CONVERSATIONS });
      throw problem;
    });
    if (this.#state().olderCursor === cursor) this.#dispatch({ type: "list", page, asked: "older", at });
  }

  async #older(id: ConversationId): Promise<void> {
    const timeline = this.#state().timelines.get(id);
    const before = timeline && oldestSeq(timeline);
    if (timeline === undefined || before === undefined || !timeline.hasOlder) return;
    const page = await this.#api.history(id, { before, limit: CATCH_UP });
    this.#dispatch({ type: "history", conversationId: id, page, asked: "before" });
  }

  #requestMissing(id: ConversationId): void {
    const [timeline, entry] = [this.#state().timelines.get(id), this.#state().conversations.get(id)];
    if (timeline === undefined || entry === undefined) return;
    const target = Math.max(entry.conversation.lastSeq, newestSeq(timeline));
    if (!hasGap(timeline, entry.conversation.lastSeq) || target <= (this.#requestedSeqs.get(id) ?? 0)) return;
    this.#requestedSeqs.set(id, target);
    void pause(GAP_TIMEOUT_MS).then(async () => {
      const now = this.#state().timelines.get(id);
      if (now === undefined || !hasGap(now, target)) return;
      await this.history(id).catch(() => this.#requestedSeqs.delete(id));
    });
  }

  /** Returns true if the server has told the length of the shop's log, which it tells only admins. */
  #hasDesk(id: ConversationId): boolean {
    return this.#state().conversations.get(id)?.conversation.deskSeq !== undefined;
  }

  #requestMissingDesk(id: ConversationId): void {
    const deskSeq = () => this.#state().conversations.get(id)?.conversation.deskSeq ?? 0;
    const isMissing = () => gaplessDeskSeq(this.#state().desks.get(id) ?? []) < deskSeq();
    if (!isMissing() || deskSeq() <= (this.#requestedDeskSeqs.get(id) ?? 0)) return;
    this.#requestedDeskSeqs.set(id, deskSeq());
    void pause(this.#state().desks.has(id) ? GAP_TIMEOUT_MS : 0).then(async () => {
      if (isMissing()) await this.desk(id).catch(() => this.#requestedDeskSeqs.delete(id));
    });
  }

  /** Fetches a conversation whose desk is not known. Its changes meanwhile start nothing more. */
  #requestDesk(id: ConversationId, onlyClocks: boolean): void {
    if (this.#requestedDesks.has(id)) return;
    this.#requestedDesks.add(id);
    void this.#fetchDesk(id, onlyClocks).finally(() => this.#requestedDesks.delete(id));
  }

  async #fetchDesk(id: ConversationId, onlyClocks: boolean): Promise<void> {
    await pause(onlyClocks ? CLOCKS_DELAY_MS : 0);
    const isMissing = () => !this.#stopped && this.#state().conversations.get(id)?.deskVersion?.missing !== undefined;
    if (isMissing() && (!onlyClocks || (await this.#isTimed())) && isMissing()) await this.refresh(id);
  }

  /** Returns true if the shop has an SLA. Without one there are no clocks to fetch. */
  #isTimed(): Promise<boolean> {
    this.#hasSla ??= this.#api.admin.sla().then(
      ({ policy }) => policy !== undefined,
      (problem: unknown) => {
        // A server of an earlier release knows no SLA.
        if (problem instanceof ApiError && !problem.retryable) return false;
        this.#hasSla = undefined;
        return true;
      },
    );
    return this.#hasSla;
  }

  async #refresh(id: ConversationId): Promise<void> {
    const isMissing = () => {
      const entry = this.#state().conversations.get(id);
      return entry === undefined || entry.stale || entry.deskVersion?.missing !== undefined;
    };
    try {
      await pause(GAP_TIMEOUT_MS);
      // An event that arrives meanwhile may make it stale again.
      for (let tries = 0; tries < MOST_REFRESHES && isMissing(); tries += 1) {
        await this.conversation(id);
        await pause(GAP_TIMEOUT_MS);
      }
    } catch (problem) {
      if (problem instanceof ApiError && !problem.retryable) return this.#dispatch({ type: "gone", conversationId: id });
      await pause(FAILED_REFRESH_MS);
      // A stale conversation is requested again at the next change. One that is not held is found
      // by a sync.
      if (!this.#stopped && !this.#state().conversations.has(id)) void this.sync();
    }
  }
}

/**
 * Ignores permanent errors. The caller that opened the conversation gets the error, and the rest of
 * the sync has succeeded.
 */
function throwIfTemporary(problem: unknown): void {
  if (!(problem instanceof ApiError) || problem.retryable) throw problem;
}
