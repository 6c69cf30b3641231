/**
 * Records the fixtures of the reducer's tests from a running system. Two customers and two admins
 * write, read, react, edit, delete, take notes, and change orders. A fixture holds the events of one connection and the server's
 * answers before and after them.
 */
import { writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import type { PushedEvent } from "../src/client/socket.ts";
import type { ConversationAnswer, OrderAnswer, Person } from "../src/protocol.ts";
import { Windows } from "../tests/browser/chromium.ts";
import { startSystem } from "../tests/browser/system.ts";

const FOLDER = new URL("../tests/fixtures/", import.meta.url);
const person = (userId: string, role: "customer" | "admin", name: string): Person => ({ userId, role, name });
const MIA = person("mia", "customer", "Mia Berger");
const LEO = person("leo", "customer", "Leo Martin");
const GRACE = person("grace", "admin", "Grace Okafor");
const TOM = person("tom", "admin", "Tom Lindqvist");

/** A person with a token and a WebSocket connection whose frames are recorded. */
class Recorder {
  readonly me: Person;
  readonly #page: Page;
  readonly #url: string;
  readonly #token: string;

  private constructor(me: Person, page: Page, url: string, token: string) {
    this.me = me;
    this.#page = page;
    this.#url = url;
    this.#token = token;
  }

  static async open(me: Person, url: string, windows: Windows): Promise<Recorder> {
    const body = JSON.stringify({ sub: me.userId, role: me.role, name: me.name });
    const answer = await fetch(`${url}/dev/token`, { method: "POST", headers: { "content-type": "application/json" }, body });
    const { token } = (await answer.json()) as { token: string };
    const { page } = await windows.window();
    await page.goto("/icon.svg");
    const recorder = new Recorder(me, page, url, token);
    const ticket = await recorder.call<{ url: string }>("POST", "/api/chat/ticket");
    await page.evaluate((address) => {
      const socket = new WebSocket(address);
      Object.assign(globalThis, { socket, received: [] as unknown[] });
      socket.onmessage = ({ data }) => (globalThis as unknown as { received: unknown[] }).received.push(JSON.parse(data as string));
      return new Promise((done) => (socket.onopen = done));
    }, ticket.url);
    return recorder;
  }

  async call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
    const answer = await fetch(this.#url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }

  /** Sends a frame and waits 60 ms for its answer. */
  async sendFrame(frame: object): Promise<void> {
    await this.#page.evaluate((text) => (globalThis as unknown as { socket: WebSocket }).socket.send(text), JSON.stringify({ ...frame, requestId: "1" }));
    await new Promise((done) => setTimeout(done, 60));
  }

  async sendMessage(conversationId: string, body: string, replyTo?: number): Promise<void> {
    await this.call("POST", `/api/chat/conversations/${conversationId}/messages`, { clientMessageId: crypto.randomUUID(), body, replyTo });
  }

  async change(conversationId: string, seq: number, change: object): Promise<void> {
    await this.call("POST", `/api/chat/conversations/${conversationId}/messages/${seq}/changes`, { changeId: crypto.randomUUID(), ...change });
  }

  async addNote(conversationId: string, body: string): Promise<void> {
    await this.call("POST", `/api/chat/conversations/${conversationId}/desk`, { changeId: crypto.randomUUID(), note: { body } });
  }

  async fetchState(conversationId: string) {
    const list = await this.call("GET", "/api/chat/conversations?limit=50");
    const history = await this.call("GET", `/api/chat/conversations/${conversationId}/messages?limit=100`);
    const { conversation } = await this.call<ConversationAnswer>("GET", `/api/chat/conversations/${conversationId}`);
    return { list, history, conversation };
  }

  /** Returns all pushed events so far, without answers to frames. */
  async pushedEvents(): Promise<PushedEvent[]> {
    const all = await this.#page.evaluate(() => (globalThis as unknown as { received: { event?: string }[] }).received);
    return all.filter(({ event }) => event !== undefined && event !== "ack" && event !== "error") as PushedEvent[];
  }
}

/** Records the same conversation as a customer and as an admin see it. */
export default async function record(): Promise<void> {
  const system = await startSystem();
  const windows = await Windows.open(system.url);
  const [mia, leo, grace, tom] = await Promise.all([MIA, LEO, GRACE, TOM].map((me) => Recorder.open(me, system.url, windows))) as [Recorder, Recorder, Recorder, Recorder];
  const place = (recorder: Recorder, title: string) =>
    recorder.call<OrderAnswer>("POST", "/api/sales", { items: [{ title, quantity: 1, unitPrice: 8900 }], currency: "EUR" });
  const { order, conversation } = await place(mia, "Desk lamp");
  await mia.sendMessage(conversation.id, "Is it bright?");
  const recorders = [mia, grace];
  const before = await Promise.all(recorders.map((recorder) => recorder.fetchState(conversation.id)));
  for (const recorder of recorders) await recorder.sendFrame({ action: "join_conversation", conversationId: conversation.id });
  const receivedBefore = await Promise.all(recorders.map(async (recorder) => (await recorder.pushedEvents()).length));

  const read = (recorder: Recorder, seq: number) => recorder.call("POST", `/api/chat/conversations/${conversation.id}/read`, { seq });
  await grace.sendMessage(conversation.id, "Very.");
  await tom.sendMessage(conversation.id, "It has three steps.");
  await read(tom, 3);
  await read(mia, 4);
  await mia.sendMessage(conversation.id, "Then I take it.");
  await read(grace, 5);
  await mia.change(conversation.id, 5, { edit: { body: "Then I take two." } });
  await grace.change(conversation.id, 5, { react: { emoji: "👍", on: true } });
  await tom.change(conversation.id, 5, { react: { emoji: "👍", on: true } });
  await tom.addNote(conversation.id, "Two lamps, one price.");
  const second = await place(leo, "Reading chair");
  await leo.sendMessage(second.conversation.id, "When does it come?");
  await grace.call("PATCH", `/api/sales/${order.id}/status`, { status: "confirmed" });
  await tom.sendFrame({ action: "message_delivered", conversationId: conversation.id, seq: 5 });
  await tom.call("PATCH", `/api/chat/conversations/${conversation.id}`, { status: "archived" });
  await grace.sendMessage(second.conversation.id, "Tomorrow.");
  const third = await place(mia, "Wall clock");
  await mia.sendMessage(third.conversation.id, "And a clock.");
  await mia.sendMessage(conversation.id, "Thank you both.", 4);
  await tom.change(conversation.id, 5, { react: { emoji: "👍", on: false } });
  await grace.change(conversation.id, 4, { delete: {} });
  await tom.call("PATCH", `/api/sales/${order.id}/status`, { status: "completed" });
  await tom.call("PATCH", `/api/sales/${third.order.id}/status`, { status: "cancelled" });
  await leo.sendMessage(second.conversation.id, "Thanks.");
  await new Promise((done) => setTimeout(done, 300));

  for (const [index, recorder] of recorders.entries()) {
    const fixture = {
      me: recorder.me,
      conversationId: conversation.id,
      before: before[index],
      events: (await recorder.pushedEvents()).slice(receivedBefore[index]),
      after: await recorder.fetchState(conversation.id),
    };
    writeFileSync(new URL(`${recorder.me.role}.json`, FOLDER), `${JSON.stringify(fixture, null, 1)}\n`);
  }
  await windows.close();
  await system.stop();
}
