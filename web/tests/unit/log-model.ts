import type { Change, Conversation, ConversationStatus, Desk, DeskEntry, DeskPage, Emoji, History, Message, Order, OrderStatus, Person } from "../../src/protocol.ts";
import type { Decision } from "../../src/client/decisions.ts";
import type { PushedEvent } from "../../src/client/socket.ts";
import { conversation } from "./test-client.ts";

export const MIA: Person = { userId: "mia", role: "customer", name: "Mia" };
export const GRACE: Person = { userId: "grace", role: "admin", name: "Grace" };
export const TOM: Person = { userId: "tom", role: "admin", name: "Tom" };

const ID = "cnv_a";

/** The server's side of one conversation, in memory. It keeps the protocol's rules. */
export class LogModel {
  readonly log: (Message | Change)[] = [];
  readonly desk: DeskEntry[] = [];
  /** The events for an admin's connection, in the order in which they happened. */
  readonly events: PushedEvent[] = [];
  #status: ConversationStatus = "active";
  #orderStatus: OrderStatus = "pending";
  /** What the shop decided, without the clocks of the SLA. */
  #desk: Omit<Desk, "sla"> = { priority: "none", tags: [] };
  readonly #messages = new Map<number, Message>();
  readonly #acted = new Set<Person>();

  get lastSeq(): number {
    return this.log.length;
  }

  /** Returns the `seq` of the texts that are not deleted. */
  get targets(): readonly number[] {
    return [...this.#messages.values()].filter(({ deleted, kind }) => deleted === undefined && kind === "text").map(({ seq }) => seq);
  }

  text(sender: Person, replyTo?: number): Message {
    const seq = this.lastSeq + 1;
    const message: Message = { conversationId: ID, seq, id: `msg_${seq}`, clientMessageId: `c_${seq}`, sender, kind: "text", body: `Text ${seq}`, createdAt: timeOf(seq), ...(replyTo && { replyTo }) };
    if (this.#status === "archived") this.#status = "active";
    if (this.#status === "active") this.#written(message);
    this.log.push(message);
    this.#messages.set(seq, message);
    this.#acts(sender);
    this.events.push({ event: "new_message", conversationId: ID, message });
    return message;
  }

  edit(by: Person, target: number): void {
    const seq = this.lastSeq + 1;
    this.#change({ ...this.#about(by), type: "edited", target }, { ...this.#message(target), body: `Edited by ${seq}`, editedAt: timeOf(seq), changedSeq: seq });
  }

  delete(by: Person, target: number): void {
    const { reactions: _, ...message } = this.#message(target);
    const seq = this.lastSeq + 1;
    this.#change({ ...this.#about(by), type: "deleted", target }, { ...message, body: "", deleted: { by, at: timeOf(seq) }, changedSeq: seq });
  }

  react(by: Person, target: number, emoji: Emoji, on: boolean): void {
    const { reactions = [], ...message } = this.#message(target);
    const others = reactions.find((each) => each.emoji === emoji)?.by.filter((each) => each !== by) ?? [];
    const people = on ? [...others, by] : others;
    const next = [...reactions.filter((each) => each.emoji !== emoji), ...(people.length > 0 ? [{ emoji, by: people }] : [])];
    this.#change({ ...this.#about(by), type: "reacted", target, emoji, on }, { ...message, ...(next.length > 0 && { reactions: next }), changedSeq: this.lastSeq + 1 });
  }

  status(by: Person, to: ConversationStatus): void {
    const change: Change = { ...this.#about(by), type: "status", from: this.#status, to };
    this.#status = to;
    if (to !== "active") {
      const { snooze: _, waitingSince: __, ...others } = this.#desk;
      this.#desk = others;
    }
    this.log.push(change);
    const { unread: _, deskSeq: __, desk: ___, ...shared } = this.conversation(by);
    this.events.push({ event: "conversation_updated", conversation: shared, change });
  }

  /** Completes or cancels the order. */
  finishOrder(by: Person, to: "completed" | "cancelled"): void {
    const seq = this.lastSeq + 1;
    const system = { type: "status_changed", from: this.#orderStatus, to, by } as const;
    const message: Message = { conversationId: ID, seq, id: `msg_${seq}`, sender: { userId: "system", role: "system", name: "System" }, kind: "system", body: "", system, createdAt: timeOf(seq) };
    this.#orderStatus = to;
    this.log.push(message);
    this.#messages.set(seq, message);
    this.#acts(by);
    const order = { id: "ord_a" } as unknown as Order;
    this.events.push({ event: "order_updated", order, message, lastSeq: seq });
  }

  get isOrderFinal(): boolean {
    return this.#orderStatus !== "pending";
  }

  note(by: Person): void {
    this.#add(by, { type: "note", body: `Note ${this.desk.length + 1}` });
  }

  decide(by: Person, decision: Decision): void {
    const { snooze: _, ...awake } = this.#desk;
    const { waitingSince: __, ...settled } = this.#desk;
    const { assignee: ___, ...unassigned } = this.#desk;
    if ("assign" in decision) {
      const { to } = decision.assign;
      this.#desk = { ...unassigned, ...(to !== undefined && { assignee: to }) };
      this.#add(by, { type: "assigned", ...(to !== undefined && { to }) });
    } else if ("tag" in decision) {
      const { add = [], remove = [] } = decision.tag;
      this.#desk = { ...this.#desk, tags: [...new Set([...this.#desk.tags, ...add])].filter((tag) => !remove.includes(tag)).sort() };
      this.#add(by, { type: "tagged", add, remove });
    } else if ("prioritize" in decision) {
      this.#desk = { ...this.#desk, priority: decision.prioritize.to };
      this.#add(by, { type: "prioritized", to: decision.prioritize.to });
    } else if ("snooze" in decision && this.#status === "active") {
      this.#desk = { ...this.#desk, snooze: { since: timeOf(this.lastSeq), afterSeq: this.lastSeq } };
      this.#add(by, { type: "snoozed" });
    } else if ("wake" in decision) {
      this.#desk = awake;
      this.#add(by, { type: "woken", at: timeOf(this.lastSeq) });
    } else if ("settle" in decision) {
      this.#desk = settled;
      this.#add(by, { type: "settled" });
    }
  }

  page({ before = this.lastSeq + 1, after, limit }: { before?: number; after?: number; limit: number }): History {
    const past = after === undefined ? this.log.filter(({ seq }) => seq < before) : this.log.filter(({ seq }) => seq > after);
    const log = after === undefined ? past.slice(-limit) : past.slice(0, limit);
    const messages = log.flatMap((each) => ("sender" in each ? [this.#message(each.seq)] : []));
    const changes = log.flatMap((each) => ("sender" in each ? [] : [each]));
    const named = [...changes.flatMap((each) => ("target" in each ? [each.target] : [])), ...messages.flatMap(({ replyTo }) => replyTo ?? [])];
    const others = [...new Set(named)].filter((seq) => !messages.some((each) => each.seq === seq)).map((seq) => this.#message(seq));
    return { messages, changes, others, lastSeq: this.lastSeq, hasMore: log.length < past.length };
  }

  deskPage(after: number, limit: number): DeskPage {
    const entries = this.desk.slice(after, after + limit);
    return { entries, deskSeq: this.desk.length, hasMore: after + entries.length < this.desk.length };
  }

  /** Returns the conversation as an admin gets it who has read nothing. */
  conversation(_: Person): Conversation {
    const last = [...this.#messages.values()].at(-1);
    if (last === undefined) throw new Error("no message");
    const { reactions: __, ...lastMessage } = last;
    return conversation(this.lastSeq, {
      lastMessage,
      status: this.#status,
      lastActivityAt: timeOf(this.lastSeq),
      unread: [...this.#messages.values()].filter(({ sender }) => sender.role === "customer").length,
      participants: [MIA, ...[GRACE, TOM].filter((each) => this.#acted.has(each))].map((each) => ({ ...each, readSeq: 0, deliveredSeq: 0 })),
      deskSeq: this.desk.length,
      desk: this.#shownDesk(),
      order: { ...conversation(1).order, status: this.#orderStatus },
    });
  }

  /** The desk with the clocks of an SLA of a minute to answer and a day to finish the order. */
  #shownDesk(): Desk {
    const { waitingSince, snooze } = this.#desk;
    const paused = snooze !== undefined;
    const response = waitingSince === undefined ? [] : [{ kind: "next_response" as const, since: waitingSince, due: waitingSince, warnAt: waitingSince, paused }];
    const resolution = this.isOrderFinal || this.#status !== "active" ? [] : [{ kind: "resolution" as const, since: timeOf(1), due: timeOf(1_000), warnAt: timeOf(750), paused }];
    return { ...this.#desk, sla: [...response, ...resolution] };
  }

  /** A text of the customer begins to wait and ends a snooze; one of the shop is an answer. */
  #written({ sender, createdAt }: Message): void {
    const { snooze: _, ...awake } = this.#desk;
    const { waitingSince: __, ...answered } = this.#desk;
    this.#desk = sender.role === "customer" ? { ...awake, waitingSince: this.#desk.waitingSince ?? createdAt } : answered;
  }

  #add(by: Person, what: DistributiveOmit<DeskEntry, keyof DeskEntryBase>): void {
    const deskSeq = this.desk.length + 1;
    const entry = { conversationId: ID, deskSeq, changeId: `note_${deskSeq}`, by, afterSeq: this.lastSeq, createdAt: timeOf(this.lastSeq), ...what };
    this.desk.push(entry);
    this.events.push({ event: "desk_updated", conversationId: ID, entry, desk: this.#shownDesk(), deskSeq });
  }

  #about(by: Person) {
    const seq = this.lastSeq + 1;
    return { conversationId: ID, seq, changeId: `change_${seq}`, by, createdAt: timeOf(seq) };
  }

  #message(seq: number): Message {
    const message = this.#messages.get(seq);
    if (message === undefined) throw new Error(`${seq} is no message`);
    return message;
  }

  #change(change: Change, message: Message): void {
    this.log.push(change);
    this.#messages.set(message.seq, message);
    this.events.push({ event: "message_changed", conversationId: ID, change, message, lastSeq: change.seq });
  }

  #acts(by: Person): void {
    if (by.role === "admin") this.#acted.add(by);
  }
}

interface DeskEntryBase {
  conversationId: unknown;
  deskSeq: unknown;
  changeId: unknown;
  by: unknown;
  afterSeq: unknown;
  createdAt: unknown;
}

type DistributiveOmit<Each, Keys extends PropertyKey> = Each extends unknown ? Omit<Each, Keys> : never;

function timeOf(seq: number): string {
  return new Date(Date.UTC(2026, 2, 1) + seq * 1_000).toISOString();
}
