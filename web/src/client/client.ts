import type { ConversationId, Person } from "../protocol.ts";
import { Api } from "./api.ts";
import { Backoff } from "./backoff.ts";
import { Connection } from "./connection.ts";
import { type Moment, deliveredSeqOf, readSeqOf, sideOf } from "./conversation.ts";
import { Drafts } from "./drafts.ts";
import { type Environment, pause } from "./environment.ts";
import { ApiError, type SessionEnd } from "./errors.ts";
import { Outbox, type PendingMessage } from "./outbox.ts";
import { Receipts } from "./receipts.ts";
import { type Change, reduce, storedMessage } from "./reducer.ts";
import { ServerClock } from "./server-clock.ts";
import type { Ack, PushedEvent } from "./socket.ts";
import { type State, initial } from "./state.ts";
import { Sync } from "./sync.ts";
import { EMPTY_TIMELINE, gaplessSeq } from "./timeline.ts";
import { type Renew, Tokens } from "./tokens.ts";
import { Typing } from "./typing.ts";

/** A second sync, this much after a connection has opened, finds what was stored while it was being opened; in milliseconds. */
const SECOND_SYNC_MS = 10_000;

/** A message waits this long for the history of its conversation before it is sent without a `seenSeq`, in milliseconds. */
const HISTORY_TIMEOUT_MS = 5_000;

/** A change of the server's clock that is smaller than this is not told, in milliseconds. */
const CLOCK_TOLERANCE_MS = 1_000;

/** What a new socket has joined. */
const NOTHING_JOINED = { id: undefined, certain: true };

/** Who a client is for, and how it stays logged in. */
export interface Session {
  /** Whose token it is. */
  readonly me: Person;
  /** Their JWT. */
  readonly token: string;
  /** Gets the next one. */
  readonly renew: Renew;
}

/**
 * A chat client: one person's conversations, kept complete and live.
 *
 * It needs no framework: read {@link state}, {@link subscribe} to changes, call methods. {@link start} it when the person comes and
 * {@link stop} it when they leave; it can be started again.
 */
export class ChatClient {
  /** The REST API as this person. */
  readonly api: Api;
  readonly #environment: Environment;
  readonly #clock: ServerClock;
  readonly #connection: Connection;
  readonly #sync: Sync;
  readonly #outbox: Outbox;
  readonly #drafts: Drafts;
  readonly #receipts: Receipts;
  readonly #typing: Typing;
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Set<(event: PushedEvent) => void>();
  #state: State;
  #moment: Moment = 0;
  #sessionEnd: SessionEnd | undefined;
  /** The conversation that the current socket has joined. Not certain while a request has no answer. */
  #joined: { readonly id: ConversationId | undefined; readonly certain: boolean } = NOTHING_JOINED;
  #joining: Promise<void> = Promise.resolve();
  readonly #joinBackoff: Backoff;
  #joinAgain: ReturnType<typeof setTimeout> | undefined;
  #secondSync: ReturnType<typeof setTimeout> | undefined;
  #typingEnds: ReturnType<typeof setTimeout> | undefined;

  constructor(environment: Environment, { me, token, renew }: Session) {
    this.#environment = environment;
    this.#drafts = new Drafts(environment, me);
    this.#state = { ...initial(me), drafts: this.#drafts.all };
    this.#joinBackoff = new Backoff(() => environment.random());
    this.#clock = new ServerClock(() => environment.now());
    const tokens = new Tokens({ token, renew, me, clock: this.#clock, ended: (reason) => this.#sessionEnded(reason) });
    this.api = new Api(environment, tokens);
    this.#connection = new Connection({
      environment,
      api: this.api,
      tokens,
      clock: this.#clock,
      me,
      listener: {
        changed: (connection) => this.#dispatch({ type: "connection", connection, sessionEnd: this.#sessionEnd }),
        opened: (missed) => this.#opened(missed),
        pushed: (event) => this.#pushed(event),
        silent: () => void this.#sync.now(),
        pong: (ack) => this.#pong(ack),
      },
    });
    this.#sync = new Sync({
      environment,
      api: this.api,
      state: () => this.#state,
      dispatch: (change) => this.#dispatch(change),
      moment: () => this.#nextMoment(),
    });
    this.#outbox = new Outbox(environment, me, this.#connection, {
      changed: (pending, unstored) => this.#dispatch({ type: "outbox", pending, unstored }),
      sent: (message) => this.#dispatch({ type: "sent", message }),
      stored: (pending) => storedMessage(this.#state, pending),
      seenSeq: (pending) => this.#seenSeqFor(pending),
    });
    this.#receipts = new Receipts(environment, this.#connection, (conversationId, ack) => {
      if ("readSeq" in ack) this.#dispatch({ type: "read", conversationId, seq: ack.readSeq, unread: ack.unread });
      if ("deliveredSeq" in ack) this.#dispatch({ type: "delivered", conversationId, seq: ack.deliveredSeq });
    });
    this.#typing = new Typing(this.#connection, () => environment.monotonic());
  }

  /** All that is known now. The same object until something changes. */
  get state(): State {
    return this.#state;
  }

  /** Calls `watcher` after every change; answers how to end that. */
  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Calls `listener` with every pushed event, for what is not state: a notice of a new order. An event may come twice. */
  onEvent(listener: (event: PushedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects, and stays connected. */
  start(): void {
    this.#sync.start();
    this.#outbox.start();
    this.#connection.start();
  }

  /** Disconnects. What waits to be sent stays in the storage. */
  stop(): void {
    clearTimeout(this.#secondSync);
    clearTimeout(this.#joinAgain);
    clearTimeout(this.#typingEnds);
    this.#typing.stop();
    this.#outbox.stop();
    this.#receipts.stop();
    this.#sync.stop();
    this.#connection.stop();
  }

  /** Puts a conversation on the screen: joins it and loads its newest messages. Throws if there is no such conversation. */
  async open(id: ConversationId): Promise<void> {
    this.#dispatch({ type: "open", conversationId: id });
    this.#join();
    const known = this.#state.conversations.has(id) ? Promise.resolve() : this.#sync.conversation(id);
    await Promise.all([known, this.#sync.history(id)]);
  }

  /** Takes the conversation off the screen. */
  close(id: ConversationId): void {
    if (this.#state.open !== id) return;
    this.#typing.stop();
    this.#dispatch({ type: "open", conversationId: undefined });
    this.#join();
  }

  /** Loads older messages of a conversation. */
  loadOlder(id: ConversationId): Promise<void> {
    return this.#sync.older(id);
  }

  /** Loads more conversations. */
  loadMoreConversations(): Promise<void> {
    return this.#sync.moreConversations();
  }

  /** Fetches a conversation, whether it is on the screen or not. */
  refresh(id: ConversationId): Promise<void> {
    return this.#sync.conversation(id);
  }

  /** Fetches what may be missing, now. */
  sync(): Promise<void> {
    return this.#sync.now();
  }

  /**
   * Writes a message down, shows it, and sends it as soon as it can be sent. Answers its `clientMessageId`, by which it is found in
   * `state.outbox` until it is stored.
   */
  send(id: ConversationId, body: string): string {
    this.#typing.sent();
    const timeline = this.#state.timelines.get(id);
    return this.#outbox.add(id, body, timeline?.loaded === true ? gaplessSeq(timeline) : undefined);
  }

  /** Tries a failed message again. */
  retry(clientMessageId: string): void {
    this.#outbox.retry(clientMessageId);
  }

  /** Forgets a message that failed. */
  discard(clientMessageId: string): void {
    this.#outbox.discard(clientMessageId);
  }

  /** A conversation was really seen up to the message `seq`, or to its end. */
  markRead(id: ConversationId, seq = Number.POSITIVE_INFINITY): void {
    const [entry, timeline] = [this.#state.conversations.get(id), this.#state.timelines.get(id) ?? EMPTY_TIMELINE];
    if (entry === undefined) return;
    const [from, to] = [readSeqOf(entry.conversation, this.#state.me), Math.min(seq, gaplessSeq(timeline))];
    const news = timeline.messages.some(
      (message) => message.seq > from && message.seq <= to && sideOf(message) !== this.#state.me.role,
    );
    if (!news) return;
    this.#receipts.read(id, to);
    this.#dispatch({ type: "read", conversationId: id, seq: to });
  }

  /** Replaces the text that was begun in a conversation and is not sent yet; an empty one removes it. */
  setDraft(id: ConversationId, text: string): void {
    this.#drafts.set(id, text);
    this.#dispatch({ type: "drafts", drafts: this.#drafts.all });
  }

  /** Tells the others that this person is typing in a conversation, or has stopped. */
  setTyping(id: ConversationId, typing: boolean): void {
    if (typing) this.#typing.key(id);
    else this.#typing.stop();
  }

  /** The page became visible: makes sure that the connection works, or tries to connect now. */
  checkConnection(): void {
    this.#connection.check();
  }

  /** The device has lost its network, or has one again. */
  networkChanged(online: boolean): void {
    this.#connection.networkChanged(online);
  }

  /** A key of the storage was changed by another tab, as its `storage` event says; `null` for all keys. */
  storageChanged(key: string | null): void {
    this.#outbox.storageChanged(key);
  }

  #nextMoment(): Moment {
    this.#moment += 1;
    return this.#moment;
  }

  #sessionEnded(reason: SessionEnd): void {
    this.#sessionEnd = reason;
    this.#outbox.stop();
    this.#receipts.stop();
    this.#sync.stop();
    this.#connection.expire();
  }

  #opened(missed: boolean): void {
    clearTimeout(this.#joinAgain);
    this.#joined = NOTHING_JOINED;
    this.#join();
    void this.#sync.now(missed);
    clearTimeout(this.#secondSync);
    this.#secondSync = setTimeout(() => void this.#sync.now(), SECOND_SYNC_MS);
    this.#outbox.flush();
    this.#receipts.flush();
    this.#clockLearned();
    // A customer learns by it whether the shop is online.
    if (this.#state.me.role === "customer") void this.#connection.ping();
  }

  #pong(ack: Ack): void {
    this.#clockLearned();
    if ("shop" in ack && ack.shop !== undefined) this.#dispatch({ type: "shop", shop: ack.shop });
  }

  #clockLearned(): void {
    const { offset } = this.#clock;
    if (Math.abs(offset - this.#state.clockOffset) >= CLOCK_TOLERANCE_MS) this.#dispatch({ type: "clock", offset });
  }

  #pushed(event: PushedEvent): void {
    const [now, at] = [this.#environment.monotonic(), this.#nextMoment()];
    const learn = () => this.#safely(() => this.#dispatch({ type: "pushed", event, now, at }));
    learn();
    for (const listener of this.#listeners) this.#safely(() => listener(event));
    if ("message" in event && typeof event.message?.conversationId === "string") this.#fetchUnknown(event.message.conversationId, learn);
    if (event.event !== "user_typing") return;
    clearTimeout(this.#typingEnds);
    this.#typingEnds = setTimeout(() => this.#dispatch({ type: "time", now: this.#environment.monotonic() }), event.expiresInMs + 50);
  }

  /** Without its conversation a message changes nothing. What is fetched may be older than the message, so it is learned again. */
  #fetchUnknown(id: ConversationId, learn: () => void): void {
    if (!this.#state.conversations.has(id)) void this.#sync.refresh(id).then(learn);
  }

  /** The `seenSeq` for a message that was never sent: as high as what is held without a gap allows. */
  async #seenSeqFor({ conversationId, seenSeq }: PendingMessage): Promise<number | undefined> {
    if (this.#state.timelines.get(conversationId)?.loaded !== true) {
      const loaded = this.#sync.history(conversationId).catch(() => undefined);
      await Promise.race([loaded, pause(HISTORY_TIMEOUT_MS)]);
    }
    const timeline = this.#state.timelines.get(conversationId) ?? EMPTY_TIMELINE;
    const first = timeline.messages[0]?.seq;
    // Another tab may be sending it right now. So everything since it was written has to be held: there it would be seen.
    if (first === undefined || first > (seenSeq ?? first) + 1) return seenSeq;
    return Math.max(seenSeq ?? 0, gaplessSeq(timeline));
  }

  /**
   * Makes the socket's joined conversation the open one. Requests follow one another, so that the last one asked for is the last one
   * that the server hears of.
   */
  #join(): void {
    this.#joining = this.#joining.then(async () => {
      const [open, { id: joined, certain }] = [this.#state.open, this.#joined];
      if (open === joined && (certain || open === undefined)) return;
      this.#joined = { id: open ?? joined, certain: false };
      try {
        if (open !== undefined) {
          const at = this.#nextMoment();
          const ack = await this.#connection.request({ action: "join_conversation", conversationId: open });
          if ("conversation" in ack) this.#dispatch({ type: "conversation", conversation: ack.conversation, at });
        } else if (joined !== undefined) {
          await this.#connection.request({ action: "leave_conversation", conversationId: joined });
        }
        this.#joined = { id: open, certain: true };
        this.#joinBackoff.reset();
      } catch (problem) {
        // A new connection joins by itself. Whoever opened the conversation is told that it does not exist.
        if (!this.#connection.open || (problem instanceof ApiError && !problem.retryable)) return;
        this.#joinAgain = setTimeout(() => this.#join(), this.#joinBackoff.next());
      }
    });
  }

  #dispatch(change: Change): void {
    const before = this.#state;
    this.#state = reduce(before, change);
    if (this.#state === before) return;
    this.#deliver(before);
    this.#sync.watch(before);
    for (const watcher of this.#watchers) this.#safely(watcher);
  }

  /** An error in a callback of the page, or in an event that is not as expected, stops nothing else. */
  #safely(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#environment.reportError(error);
    }
  }

  /** Sends delivery receipts for what has come: a customer's client for all their conversations, an admin's for the open one. */
  #deliver(before: State): void {
    const { me, conversations, open } = this.#state;
    if (conversations === before.conversations) return;
    for (const [id, entry] of conversations) {
      if (entry === before.conversations.get(id) || (me.role === "admin" && id !== open)) continue;
      const { conversation } = entry;
      if (sideOf(conversation.lastMessage) === me.role || deliveredSeqOf(conversation, me) >= conversation.lastSeq) continue;
      this.#receipts.delivered(id, conversation.lastSeq);
    }
  }
}
