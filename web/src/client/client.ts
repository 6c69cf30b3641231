import type { ConversationId, Person } from "../protocol.ts";
import { Api } from "./api.ts";
import { Backoff } from "./backoff.ts";
import { Connection } from "./connection.ts";
import { deliveredSeqOf, readSeqOf, sideOf } from "./conversation.ts";
import { Drafts } from "./drafts.ts";
import type { Environment } from "./environment.ts";
import { ApiError } from "./errors.ts";
import { Outbox } from "./outbox.ts";
import { Receipts } from "./receipts.ts";
import { type Change, reduce } from "./reducer.ts";
import type { PushedEvent } from "./socket.ts";
import { type State, initial } from "./state.ts";
import { Sync } from "./sync.ts";
import { EMPTY_TIMELINE, gaplessSeq } from "./timeline.ts";
import { type Renew, Tokens } from "./tokens.ts";
import { Typing } from "./typing.ts";

/** What was stored while a connection was just coming up is found by a second sync, this much later; in milliseconds. */
const SECOND_SYNC = 10_000;

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
 * It needs no framework: read {@link state}, {@link subscribe} to changes, call methods. {@link start} it once and {@link stop} it when
 * the person leaves.
 */
export class ChatClient {
  /** The REST API as this person. */
  readonly api: Api;
  readonly #environment: Environment;
  readonly #connection: Connection;
  readonly #sync: Sync;
  readonly #outbox: Outbox;
  readonly #drafts: Drafts;
  readonly #receipts: Receipts;
  readonly #typing: Typing;
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Set<(event: PushedEvent) => void>();
  #state: State;
  #open: ConversationId | undefined;
  #joining: Promise<void> = Promise.resolve();
  readonly #joinPauses: Backoff;
  #joinAgain: ReturnType<typeof setTimeout> | undefined;
  #secondSync: ReturnType<typeof setTimeout> | undefined;
  #typingEnds: ReturnType<typeof setTimeout> | undefined;

  constructor(environment: Environment, { me, token, renew }: Session) {
    this.#environment = environment;
    this.#drafts = new Drafts(environment, me);
    this.#state = { ...initial(me), drafts: this.#drafts.all };
    this.#joinPauses = new Backoff(() => environment.random());
    const tokens = new Tokens(token, renew);
    this.api = new Api(environment, tokens);
    this.#connection = new Connection(environment, this.api, tokens, {
      link: (link) => this.#dispatch({ type: "connection", connection: link }),
      opened: (missed) => this.#opened(missed),
      pushed: (event) => this.#pushed(event),
      silent: () => void this.#sync.now(),
      pong: (ack) => {
        if ("shop" in ack && ack.shop !== undefined) this.#dispatch({ type: "shop", shop: ack.shop });
      },
    });
    this.#sync = new Sync(environment, this.api, () => this.#state, (change) => this.#dispatch(change), () => this.#open);
    this.#outbox = new Outbox(environment, me, this.#connection, {
      changed: (unsent) => this.#dispatch({ type: "outbox", unsent }),
      sent: (message) => this.#dispatch({ type: "sent", message }),
    });
    this.#receipts = new Receipts(environment, this.#connection, (conversationId, ack) => {
      if ("readSeq" in ack) this.#dispatch({ type: "read", conversationId, seq: ack.readSeq, unread: ack.unread });
      if ("deliveredSeq" in ack) this.#dispatch({ type: "delivered", conversationId, seq: ack.deliveredSeq });
    });
    this.#typing = new Typing(this.#connection, () => environment.now());
  }

  /** All that is known now. The same object until something changes. */
  get state(): State {
    return this.#state;
  }

  /** Calls `watcher` after every change; answers how to end that. */
  subscribe(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Calls `listener` with every pushed event, for what is not state: a notice of a new order. An event may come twice. */
  onEvent(listener: (event: PushedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects, and stays connected. */
  start(): void {
    this.#dispatch({ type: "outbox", unsent: this.#outbox.unsent });
    this.#connection.start();
  }

  /** Disconnects. What waits to be sent stays in the storage. */
  stop(): void {
    clearTimeout(this.#secondSync);
    clearTimeout(this.#joinAgain);
    clearTimeout(this.#typingEnds);
    this.#outbox.stop();
    this.#receipts.stop();
    this.#sync.stop();
    this.#connection.stop();
    this.#watchers.clear();
    this.#listeners.clear();
  }

  /** Puts a conversation on the screen: joins it and loads its newest messages. Throws if there is no such conversation. */
  async open(id: ConversationId): Promise<void> {
    this.#open = id;
    this.#join();
    const known = this.#state.conversations.has(id) ? Promise.resolve() : this.#sync.conversation(id);
    await Promise.all([known, this.#sync.history(id)]);
  }

  /** Takes the conversation off the screen. */
  close(id: ConversationId): void {
    if (this.#open !== id) return;
    this.#typing.stop();
    this.#open = undefined;
    this.#join(id);
  }

  /** Loads older messages of a conversation. */
  loadOlder(id: ConversationId): Promise<void> {
    return this.#sync.older(id);
  }

  /** Loads more conversations. */
  loadMoreConversations(): Promise<void> {
    return this.#sync.olderConversations();
  }

  /** Fetches a conversation, whether it is on the screen or not. */
  refresh(id: ConversationId): Promise<void> {
    return this.#sync.conversation(id);
  }

  /** Fetches what may be missing, now. */
  sync(): Promise<void> {
    return this.#sync.now();
  }

  /** Writes a message down, shows it, and sends it as soon as it can be sent. Needs the conversation's history to be there. */
  send(id: ConversationId, body: string): void {
    this.#typing.sent();
    this.#outbox.add(id, body, gaplessSeq(this.#state.timelines.get(id) ?? EMPTY_TIMELINE));
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

  /** The network or the page's visibility changed. */
  checkConnection(): void {
    this.#connection.check();
  }

  /** A key of the storage changed in another tab. */
  storageChanged(key: string | null): void {
    if (!this.#outbox.owns(key)) return;
    this.#dispatch({ type: "outbox", unsent: this.#outbox.unsent });
    this.#outbox.flush();
  }

  #opened(missed: boolean): void {
    clearTimeout(this.#joinAgain);
    this.#join();
    void this.#sync.now(missed);
    clearTimeout(this.#secondSync);
    this.#secondSync = setTimeout(() => void this.#sync.now(), SECOND_SYNC);
    this.#outbox.flush();
    this.#receipts.flush();
    // A customer learns by it whether the shop is there.
    this.#connection.check();
  }

  #pushed(event: PushedEvent): void {
    const now = this.#environment.now();
    const learn = () => this.#dispatch({ type: "pushed", event, now });
    learn();
    for (const listener of this.#listeners) listener(event);
    if ("message" in event && !this.#state.conversations.has(event.message.conversationId)) {
      // Without its conversation nothing was learned. What is fetched may be older than this, so it is learned again.
      void this.#sync.refresh(event.message.conversationId).then(learn);
    }
    if (event.event !== "user_typing") return;
    clearTimeout(this.#typingEnds);
    this.#typingEnds = setTimeout(() => this.#dispatch({ type: "time", now: this.#environment.now() }), event.expiresInMs + 50);
  }

  /** Joins what is open, or leaves; one after the other, so that the last one said is the last one heard. */
  #join(left?: ConversationId): void {
    this.#joining = this.#joining.then(async () => {
      const open = this.#open;
      try {
        if (open === undefined && left !== undefined) {
          await this.#connection.request({ action: "leave_conversation", conversationId: left });
        } else if (open !== undefined) {
          const ack = await this.#connection.request({ action: "join_conversation", conversationId: open });
          if ("conversation" in ack) this.#dispatch({ type: "conversation", conversation: ack.conversation });
        }
        this.#joinPauses.reset();
      } catch (problem) {
        // Without a connection the next one joins. What is not found is said by whoever opened it.
        if (!this.#connection.open || (problem instanceof ApiError && !problem.retryable)) return;
        this.#joinAgain = setTimeout(() => this.#join(left), this.#joinPauses.next());
      }
    });
  }

  #dispatch(change: Change): void {
    const before = this.#state;
    this.#state = reduce(before, change);
    if (this.#state === before) return;
    this.#deliver(before);
    this.#sync.watch();
    for (const watcher of this.#watchers) watcher();
  }

  /** Says what has come: a customer for all their conversations, an admin for the open one. */
  #deliver(before: State): void {
    const { me, conversations } = this.#state;
    if (conversations === before.conversations) return;
    for (const [id, entry] of conversations) {
      if (entry === before.conversations.get(id) || (me.role === "admin" && id !== this.#open)) continue;
      const { conversation } = entry;
      if (sideOf(conversation.lastMessage) === me.role || deliveredSeqOf(conversation, me) >= conversation.lastSeq) continue;
      this.#receipts.delivered(id, conversation.lastSeq);
    }
  }
}
