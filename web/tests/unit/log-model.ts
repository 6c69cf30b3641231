import type { Change, Conversation, ConversationStatus, DeskEntry, DeskPage, Emoji, History, Message, Person } from "../../src/protocol.ts";
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
  readonly #messages = new Map<number, Message>();
  readonly #acted = new Set<Person>();

  get lastSeq(): number {
    return this.log.length;
  }

  /** Returns the `seq` of the messages that are not deleted. */
  get targets(): readonly number[] {
    return [...this.#messages.values()].filter(({ deleted }) => deleted === undefined).map(({ seq }) => seq);
  }

  text(sender: Person, replyTo?: number): Message {
    const seq = this.lastSeq + 1;
    const message: Message = { conversationId: ID, seq, id: `msg_${seq}`, clientMessageId: `c_${seq}`, sender, kind: "text", body: `Text ${seq}`, createdAt: timeOf(seq), ...(replyTo && { replyTo }) };
    if (this.#status === "archived") this.#status = "active";
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
    this.log.push(change);
    const { unread: _, deskSeq: __, ...shared } = this.conversation(by);
    this.events.push({ event: "conversation_updated", conversation: shared, change });
  }

  note(by: Person): void {
    const deskSeq = this.desk.length + 1;
    const entry: DeskEntry = { conversationId: ID, deskSeq, changeId: `note_${deskSeq}`, by, afterSeq: this.lastSeq, createdAt: timeOf(this.lastSeq), type: "note", body: `Note ${deskSeq}` };
    this.desk.push(entry);
    this.events.push({ event: "desk_updated", conversationId: ID, entry });
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
    });
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

function timeOf(seq: number): string {
  return new Date(Date.UTC(2026, 2, 1) + seq * 1_000).toISOString();
}
