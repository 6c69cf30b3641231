import type { Conversation, ConversationId, ConversationPage, ConversationStatus, Message, Person } from "../protocol.ts";
import { Api, type ListFilter } from "./api.ts";
import { Backoff } from "./backoff.ts";
import { Connection } from "./connection.ts";
import type { Decision } from "./decisions.ts";
import { type Moment, deliveredSeqOf, readSeqOf, sideOf } from "./conversation.ts";
import { gaplessDeskSeq } from "./desk.ts";
import { Drafts } from "./drafts.ts";
import { type Environment, pause } from "./environment.ts";
import { ApiError, NetworkError, type SessionEnd } from "./errors.ts";
import { Outbox } from "./outbox.ts";
import { type MessageChange, type Pending, type PendingChange, type PendingMessage, type Stored, isChange, isDecision, isMessage, isNote } from "./pending.ts";
import { isSamePerson } from "./person.ts";
import { Receipts } from "./receipts.ts";
import { type StateChange, reduce, storedOf } from "./reducer.ts";
import { ServerClock } from "./server-clock.ts";
import type { Ack, PushedEvent } from "./socket.ts";
import { type State, initial } from "./state.ts";
import { Sync } from "./sync.ts";
import { EMPTY_TIMELINE, changesAfter, gaplessSeq, oldestSeq } from "./timeline.ts";
import { type Renew, Tokens } from "./tokens.ts";
import { Typing } from "./typing.ts";

/**
 * This long after a connection has opened the client asks whether something has changed, in
 * milliseconds. It finds what was stored while the connection was being opened.
 */
const SECOND_ASK_MS = 10_000;

/**
 * Maximum time that a message waits for its conversation's history, in milliseconds. Then it is
 * sent without a `seenSeq`.
 */
const HISTORY_TIMEOUT_MS = 5_000;

/** Changes of the clock offset below this are ignored, in milliseconds. */
const CLOCK_TOLERANCE_MS = 1_000;

/** The joined conversation of a new socket. */
const NOTHING_JOINED = { id: undefined, certain: true };

/** The person of a client and their token. */
export interface Session {
  /** The person whose token it is. */
  readonly me: Person;
  /** The person's JWT. */
  readonly token: string;
  /** Requests the next JWT. */
  readonly renew: Renew;
}

/**
 * A chat client, which keeps one person's conversations complete and up to date.
 *
 * It needs no framework. Read {@link state}, {@link subscribe} to changes, and call methods.
 * {@link start} it after the log-in and {@link stop} it at the log-out. It can be started again.
 */
export class ChatClient {
  /** The REST API with this person's token. */
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
  /**
   * The conversation that the current socket has joined. `certain` is false while a request has no
   * answer.
   */
  #joined: { readonly id: ConversationId | undefined; readonly certain: boolean } = NOTHING_JOINED;
  /**
   * The id of the current connection, once it has joined a conversation. A request that names it is
   * not pushed to it.
   */
  #connectionId: string | undefined;
  #joining: Promise<void> = Promise.resolve();
  readonly #joinBackoff: Backoff;
  #joinAgain: ReturnType<typeof setTimeout> | undefined;
  #secondAsk: ReturnType<typeof setTimeout> | undefined;
  #typingEnds: ReturnType<typeof setTimeout> | undefined;

  constructor(environment: Environment, { me, token, renew }: Session) {
    this.#environment = environment;
    this.#drafts = new Drafts(environment, me);
    this.#joinBackoff = new Backoff(() => environment.random());
    this.#clock = new ServerClock(() => environment.now());
    const tokens = new Tokens({ token, renew, me, clock: this.#clock, ended: (reason) => this.#sessionEnded(reason) });
    this.#state = { ...initial(me), agent: tokens.agent, drafts: this.#drafts.all };
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
        behind: () => void this.#sync.sync(),
        pong: (ack) => this.#pong(ack),
        identified: ({ agent = false }) => this.#dispatch({ type: "agent", agent }),
      },
      asOf: () => this.#state.asOf,
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
      sent: (stored) => this.#dispatch({ type: "sent", stored }),
      stored: (pending) => storedOf(this.#state, pending),
      seenSeq: (pending) => this.#seenSeqFor(pending),
      seqOf: (change) => this.#seqOf(change),
      overtakenBy: (pending) => this.#overtakenBy(pending),
      overtaken: (pending) => void this.#overtaken(pending).catch(() => undefined),
      send: (pending) => this.#send(pending),
    });
    this.#receipts = new Receipts(environment, this.#connection, () => this.#nextMoment());
    this.#typing = new Typing(this.#connection, () => environment.monotonic());
  }

  /** The current state. It is the same object until something changes. */
  get state(): State {
    return this.#state;
  }

  /** Calls `watcher` after every change. Returns a function that unsubscribes. */
  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /**
   * Calls `listener` with every pushed event, for example to show a notice. An event can come
   * twice. Returns a function that unsubscribes.
   */
  onEvent(listener: (event: PushedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects and stays connected. Does nothing after the session has ended. */
  start(): void {
    if (this.#sessionEnd !== undefined) return;
    this.#sync.start();
    this.#outbox.start();
    this.#connection.start();
  }

  /** Disconnects. The outbox stays in the storage. */
  stop(): void {
    clearTimeout(this.#secondAsk);
    clearTimeout(this.#joinAgain);
    clearTimeout(this.#typingEnds);
    this.#dispatch({ type: "time", now: Number.POSITIVE_INFINITY });
    this.#typing.stop();
    this.#outbox.stop();
    this.#receipts.stop();
    this.#sync.stop();
    this.#connection.stop();
  }

  /** Opens a conversation: joins it and loads its newest messages. Throws if it does not exist. */
  async open(id: ConversationId): Promise<void> {
    this.#dispatch({ type: "open", conversationId: id });
    this.#join();
    const known = this.#state.conversations.has(id) ? Promise.resolve() : this.#sync.conversation(id);
    await Promise.all([known, this.#sync.history(id)]);
  }

  /** Closes the conversation. */
  close(id: ConversationId): void {
    if (this.#state.open !== id) return;
    this.#typing.stop();
    this.#dispatch({ type: "open", conversationId: undefined });
    this.#join();
  }

  /** Loads a page of older messages. */
  loadOlder(id: ConversationId): Promise<void> {
    return this.#sync.older(id);
  }

  /** Loads the next page of conversations. */
  loadMoreConversations(): Promise<void> {
    return this.#sync.moreConversations();
  }

  /** Fetches a conversation again, open or not. */
  refresh(id: ConversationId): Promise<void> {
    return this.#sync.conversation(id);
  }

  /** Fetches now what may have been missed. */
  sync(): Promise<void> {
    return this.#sync.sync();
  }

  /**
   * Stores a message, shows it, and sends it as soon as possible. `replyTo` is the `seq` of the
   * message that it answers. Returns its `clientMessageId`, which identifies it in `state.outbox`
   * until the server has stored it.
   */
  send(id: ConversationId, body: string, replyTo?: number): string {
    this.#connection.used();
    this.#typing.sent();
    const timeline = this.#state.timelines.get(id);
    return this.#outbox.add(id, body, timeline?.loaded === true ? gaplessSeq(timeline) : undefined, replyTo);
  }

  /**
   * Stores a change of a message, shows it, and sends it as soon as possible. A refused change has no
   * effect and stays in `state.pendingChanges` with its reason until it is discarded. A message that
   * is not acknowledged yet is identified by its `clientMessageId`; the change waits for it.
   */
  change(id: ConversationId, message: { seq: number } | { clientMessageId: string }, change: MessageChange): void {
    this.#outbox.change(id, message, change);
  }

  /** Stores a note for the other admins, shows it, and sends it as soon as possible. Admins only. */
  addNote(id: ConversationId, body: string): void {
    this.#outbox.note(id, body);
  }

  /**
   * Stores a decision about a conversation, shows it, and sends it as soon as possible. A refused
   * decision has no effect and stays in `state.pendingDecisions` with its reason until it is discarded.
   * Admins only.
   */
  decide(id: ConversationId, decision: Decision): void {
    this.#connection.used();
    this.#outbox.decide(id, decision);
  }

  /**
   * Fetches a page of a filtered list into the state, which may drop again what is far down in the
   * whole list. So the page is returned too. It can be empty although there are more pages.
   */
  async loadFiltered(filter: ListFilter, cursor: string | undefined, limit: number): Promise<ConversationPage> {
    const at = this.#nextMoment();
    const page = await this.api.conversations({ ...filter, cursor, limit });
    this.#dispatch({ type: "list", page, asked: "filtered", at });
    return page;
  }

  /** Archives, closes or reopens a conversation. Admins only. */
  async setStatus(id: ConversationId, status: ConversationStatus): Promise<void> {
    const at = this.#nextMoment();
    const { conversation, change } = await this.api.setConversationStatus(id, status);
    this.#dispatch({ type: "conversation", conversation, ...(change && { change }), at });
  }

  /**
   * Sends a failed message, change, note or decision again. A message that another admin's answer has
   * overtaken is then sent anyway.
   */
  retry(id: string): void {
    this.#outbox.retry(id);
  }

  /** Deletes a failed message, change, note or decision. */
  discard(id: string): void {
    this.#outbox.discard(id);
  }

  /**
   * Marks messages as read up to `seq`, or to the newest. Call it only for messages that a person
   * has seen.
   */
  markRead(id: ConversationId, seq = Number.POSITIVE_INFINITY): void {
    const [entry, timeline] = [this.#state.conversations.get(id), this.#state.timelines.get(id) ?? EMPTY_TIMELINE];
    if (entry === undefined) return;
    const from = readSeqOf(entry.conversation, this.#state.me);
    // Changes up to the next message need no reading. So the receipt reaches the last `seq`.
    const to = Math.min(seq + changesAfter(timeline, seq), gaplessSeq(timeline));
    const news = timeline.messages.some(
      (message) => message.seq > from && message.seq <= to && sideOf(message) !== this.#state.me.role,
    );
    if (!news) return;
    this.#receipts.read(id, to);
    this.#dispatch({ type: "read", conversationId: id, seq: to });
  }

  /** Replaces the draft of a conversation. An empty text removes it. */
  setDraft(id: ConversationId, text: string): void {
    this.#drafts.set(id, text);
    this.#dispatch({ type: "drafts", drafts: this.#drafts.all });
  }

  /** Sends to the other participants that this person is typing, or has stopped. */
  setTyping(id: ConversationId, typing: boolean): void {
    if (typing) this.#typing.key(id);
    else this.#typing.stop();
  }

  /**
   * Call it when the page becomes visible. Checks that the connection works, or tries to connect
   * now.
   */
  checkConnection(): void {
    this.#connection.check();
  }

  /**
   * Call it when the person uses the page: a key, the pointer, scrolling. The connection is checked
   * more often while somebody does.
   */
  used(): void {
    this.#connection.used();
  }

  /** Call it when the device has lost its network or has one again. */
  networkChanged(online: boolean): void {
    this.#connection.networkChanged(online);
  }

  /** Call it when another tab has changed a storage key; `null` stands for all keys. */
  storageChanged(key: string | null): void {
    this.#outbox.storageChanged(key);
    if (this.#drafts.storageChanged(key, this.#state.open)) this.#dispatch({ type: "drafts", drafts: this.#drafts.all });
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
    this.#connectionId = undefined;
    this.#join();
    if (missed) void this.#sync.sync(true);
    clearTimeout(this.#secondAsk);
    this.#secondAsk = setTimeout(() => void this.#connection.ask(), SECOND_ASK_MS);
    this.#outbox.connected();
    this.#receipts.flush();
    this.#clockLearned();
    // The answer tells a customer's client whether the shop is online.
    if (missed && this.#state.me.role === "customer") void this.#connection.ping();
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
    const apply = () => this.#safely(() => this.#dispatch({ type: "pushed", event, now, at }));
    apply();
    for (const listener of this.#listeners) this.#safely(() => listener(event));
    if ("message" in event) this.#connection.used();
    if ("message" in event && typeof event.message?.conversationId === "string") this.#fetchUnknown(event.message.conversationId, apply);
    if (event.event === "user_typing") this.#endTyping();
    if (event.event === "desk_updated") this.#fetchOwn(event, apply);
    if (event.event === "settings_updated" && event.what === "sla") this.#sync.slaChanged();
  }

  /** Fetches a conversation that is not held when it is assigned to this admin. */
  #fetchOwn({ conversationId, entry, desk }: Extract<PushedEvent, { event: "desk_updated" }>, apply: () => void): void {
    if (entry?.type === "assigned" && desk?.assignee === this.#state.me.userId) this.#fetchUnknown(conversationId, apply);
  }

  /** Removes expired typing indicators. */
  #endTyping(): void {
    clearTimeout(this.#typingEnds);
    const ends = [...this.#state.typing.values()].flat().map(({ until }) => until);
    if (ends.length === 0) return;
    this.#typingEnds = setTimeout(
      () => {
        this.#dispatch({ type: "time", now: this.#environment.monotonic() });
        this.#endTyping();
      },
      Math.max(0, Math.min(...ends) - this.#environment.monotonic()) + 50,
    );
  }

  /**
   * A message of an unknown conversation changes nothing. The fetched conversation can be older
   * than the message, so the message is applied again.
   */
  #fetchUnknown(id: ConversationId, apply: () => void): void {
    if (!this.#state.conversations.has(id)) void this.#sync.refresh(id).then(apply);
  }

  /**
   * Returns the `seenSeq` for something that was never sent: the highest `seq` without a gap. For a
   * note or a decision it is the `deskSeq`.
   */
  async #seenSeqFor(pending: Pending): Promise<number | undefined> {
    const { conversationId } = pending;
    if (isNote(pending) || isDecision(pending)) return gaplessDeskSeq(this.#state.desks.get(conversationId) ?? []);
    const { seenSeq } = pending;
    if (this.#state.timelines.get(conversationId)?.loaded !== true) {
      const loaded = this.#sync.history(conversationId).catch(() => undefined);
      await Promise.race([loaded, pause(HISTORY_TIMEOUT_MS)]);
    }
    const timeline = this.#state.timelines.get(conversationId) ?? EMPTY_TIMELINE;
    const first = oldestSeq(timeline);
    // Another tab may be sending this message now. Its stored message is only noticed if all
    // messages since it was written are held.
    if (first === undefined || first > (seenSeq ?? first) + 1) return seenSeq;
    return Math.max(seenSeq ?? 0, gaplessSeq(timeline));
  }

  #seqOf({ conversationId, of }: PendingChange): number | undefined {
    const { messages } = this.#state.timelines.get(conversationId) ?? EMPTY_TIMELINE;
    return messages.find(({ clientMessageId, sender }) => clientMessageId === of && isSamePerson(sender, this.#state.me))?.seq;
  }

  /** Returns another admin's text that came after an admin's message was written. */
  #overtakenBy({ conversationId, seenSeq }: PendingMessage): Message | undefined {
    const { me, timelines } = this.#state;
    if (me.role !== "admin" || seenSeq === undefined) return undefined;
    const { messages } = timelines.get(conversationId) ?? EMPTY_TIMELINE;
    return messages.findLast(({ seq, kind, sender }) => seq > seenSeq && kind === "text" && sender.role === "admin" && !isSamePerson(sender, me));
  }

  /** Fetches the other admin's answer, or the conversation that another admin has taken. */
  async #overtaken(pending: Pending): Promise<void> {
    const { conversationId } = pending;
    await (isMessage(pending) ? this.#sync.history(conversationId) : this.#sync.conversation(conversationId));
  }

  /**
   * Sends a message, a note or a decision over REST, which costs half of a frame with its acknowledgement. A
   * change goes by a frame: its address is new for the browser, which would ask with a preflight.
   */
  async #send(pending: Pending): Promise<Stored> {
    const { conversationId } = pending;
    if (isNote(pending) || isDecision(pending)) {
      const { changeId, seenDeskSeq } = pending;
      const what = isNote(pending) ? { note: pending.note } : pending.decision;
      const answer = await this.api.addToDesk(conversationId, { changeId, ...what, ...(seenDeskSeq !== undefined && { seenDeskSeq }) });
      return { conversationId, ...answer };
    }
    const seen = pending.seenSeq === undefined ? {} : { seenSeq: pending.seenSeq };
    if (isChange(pending)) {
      const { changeId, seq = 0, change } = pending;
      const ack = await this.#connection.request({ action: "change_message", conversationId, seq, changeId, ...change, ...seen });
      if (!("change" in ack)) throw new NetworkError("The server's answer is incomplete.");
      return { change: ack.change, message: ack.message };
    }
    const { clientMessageId, body, replyTo, expectLast } = pending;
    const about = { ...(replyTo !== undefined && { replyTo }), ...(expectLast === true && { expectLast }) };
    const from = this.#connectionId === undefined ? {} : { connectionId: this.#connectionId };
    return this.api.sendMessage(conversationId, { clientMessageId, body, ...seen, ...about, ...from });
  }

  /**
   * Joins the open conversation on the current socket. Requests are sent one after another, so that
   * the server gets the last one last.
   */
  #join(): void {
    this.#joining = this.#joining.then(async () => {
      const [open, { id: joined, certain }] = [this.#state.open, this.#joined];
      if (open === joined && (certain || open === undefined)) return;
      const asked = { id: open ?? joined, certain: false };
      this.#joined = asked;
      try {
        if (open !== undefined) {
          const at = this.#nextMoment();
          const ack = await this.#connection.request({ action: "join_conversation", conversationId: open });
          if ("conversation" in ack) {
            if (this.#joined === asked) this.#connectionId = ack.connectionId;
            this.#dispatch({ type: "conversation", conversation: ack.conversation, at });
          }
        } else if (joined !== undefined) {
          await this.#connection.request({ action: "leave_conversation", conversationId: joined });
        }
        // An answer on the previous socket says nothing about the current one.
        if (this.#joined === asked) this.#joined = { id: open, certain: true };
        this.#joinBackoff.reset();
      } catch (problem) {
        // A new connection joins by itself. The caller of {@link open} learns that the conversation
        // does not exist.
        if (!this.#connection.open || (problem instanceof ApiError && !problem.retryable)) return;
        this.#joinAgain = setTimeout(() => this.#join(), this.#joinBackoff.next());
      }
    });
  }

  #dispatch(change: StateChange): void {
    const before = this.#state;
    this.#state = reduce(before, change);
    this.#repeatLostReceipts(change);
    if (this.#state === before) return;
    this.#deliver(before);
    this.#sync.watch(before);
    for (const watcher of this.#watchers) this.#safely(watcher);
  }

  /**
   * Runs a callback. An error in it, or in a malformed event, is reported and stops nothing else.
   */
  #safely(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#environment.reportError(error);
    }
  }

  /** Sends receipts again that are not in an answer of the server. Receipts are not acknowledged. */
  #repeatLostReceipts(change: StateChange): void {
    const { me } = this.#state;
    for (const { conversation, at } of answered(change)) {
      this.#receipts.compare(conversation.id, { readSeq: readSeqOf(conversation, me), deliveredSeq: deliveredSeqOf(conversation, me) }, at);
    }
  }

  /**
   * Sends delivery receipts for new messages. A customer's client does so for all conversations, an
   * admin's only for the open one.
   */
  #deliver(before: State): void {
    const { me, conversations, open } = this.#state;
    if (conversations === before.conversations) return;
    for (const [id, entry] of conversations) {
      if (entry === before.conversations.get(id) || (me.role === "admin" && id !== open)) continue;
      const { conversation } = entry;
      const { lastMessage } = conversation;
      if (sideOf(lastMessage) === me.role || deliveredSeqOf(conversation, me) >= lastMessage.seq) continue;
      this.#receipts.delivered(id, conversation.lastSeq);
    }
  }
}

/** Returns the conversations in an answer of the server, with the moment of the request. */
function answered(change: StateChange): { readonly conversation: Conversation; readonly at: Moment }[] {
  if (change.type === "conversation") return [{ conversation: change.conversation, at: change.at }];
  if (change.type !== "list" && change.type !== "refreshed") return [];
  const pages = change.type === "list" ? [change.page] : change.pages;
  return pages.flatMap(({ items }) => items).map((conversation) => ({ conversation, at: change.at }));
}
