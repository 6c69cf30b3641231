import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ConversationEntry } from "../../src/client/conversation.ts";
import { type StateChange, reduce } from "../../src/client/reducer.ts";
import { sorted } from "../../src/client/selectors.ts";
import type { PushedEvent } from "../../src/client/socket.ts";
import { type State, initial } from "../../src/client/state.ts";
import { gaplessSeq } from "../../src/client/timeline.ts";
import type { Conversation, ConversationPage, History, Person, Role } from "../../src/protocol.ts";
import { random, shuffled } from "./random.ts";
import { conversation } from "./test-client.ts";

/**
 * A recording of the running system: the events on one person's connection, and the server's
 * answers before and after them.
 */
interface Fixture {
  readonly me: Person;
  readonly conversationId: string;
  readonly before: { readonly list: ConversationPage; readonly history: History };
  readonly events: readonly PushedEvent[];
  readonly after: { readonly list: ConversationPage; readonly history: History; readonly conversation: Conversation };
}

const FOLDER = new URL("../fixtures/", import.meta.url);
const FIXTURES = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));

/** The number of random schedules for each recording. */
const SCHEDULES = 500;

const ADMIN: Person = { userId: "ada", role: "admin", name: "Ada" };

describe.each(FIXTURES)("%s", (name) => {
  const fixture = JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Fixture;
  const fresh = freshState(fixture);

  test("events in order give the same state as a fresh fetch, without a request", () => {
    const state = fixture.events.reduce((sofar, event) => applyEvent(sofar, event), initialState(fixture));
    expect(visiblePart(state)).toEqual(visiblePart(fresh));
    expect([...state.conversations.values()].filter(({ stale }) => stale)).toEqual([]);
  });

  test("events in any order, with losses and repeats, give the same state as a fresh fetch after a sync", () => {
    for (let seed = 1; seed <= SCHEDULES; seed += 1) {
      const state = shuffled(fixture.events, random(seed)).reduce((sofar, event) => applyEvent(sofar, event), initialState(fixture));
      expect(visiblePart(afterSync(state, fixture)), `schedule ${seed}`).toEqual(visiblePart(fresh));
    }
  });

  test("events in any order without losses give the same state as a fresh fetch, except stale conversations", () => {
    for (let seed = 1; seed <= SCHEDULES; seed += 1) {
      const events = shuffled(fixture.events, random(seed), 0);
      // The client handles events again that came before their conversation.
      const again = events.filter((event) => "message" in event);
      const state = [...events, ...again].reduce((sofar, event) => applyEvent(sofar, event), initialState(fixture));
      const asked = (entry: ConversationEntry) => (entry.stale && fresh.conversations.get(entry.conversation.id)) || entry;
      const conversations = new Map([...state.conversations].map(([id, entry]) => [id, asked(entry)]));
      expect(visiblePart({ ...state, conversations }), `schedule ${seed}`).toEqual(visiblePart(fresh));
    }
  });

  test("late answers that were read before the events change nothing", () => {
    const [old] = [...fixture.before.list.items].filter(({ id }) => id === fixture.conversationId);
    for (let seed = 1; seed <= SCHEDULES; seed += 1) {
      const next = random(seed);
      let state = initialState(fixture);
      const at = nextTime();
      const places = [next(), next()].map((part) => Math.floor(part * (fixture.events.length + 1)));
      for (const [index, event] of fixture.events.entries()) {
        if (index === places[0]) state = reduce(state, { type: "list", page: fixture.before.list, asked: "since", at });
        if (index === places[1] && old !== undefined) state = reduce(state, { type: "conversation", conversation: old, at });
        state = applyEvent(state, event);
      }
      expect(visiblePart(afterSync(state, fixture)), `schedule ${seed}`).toEqual(visiblePart(fresh));
    }
  });

  test("events that arrive after the sync change nothing", () => {
    for (let seed = 1; seed <= SCHEDULES; seed += 1) {
      const late = shuffled(fixture.events, random(seed)).reduce((sofar, event) => applyEvent(sofar, event), fresh);
      expect(visiblePart(afterSync(late, fixture)), `schedule ${seed}`).toEqual(visiblePart(fresh));
    }
  });
});

test("a receipt of an admin whom the server does not list moves the shop's cursor and needs no request", () => {
  const known = reduce(initial(ADMIN), { type: "conversation", conversation: conversation(2, { unread: 2 }), at: nextTime() });
  const state = applyEvent(known, { event: "message_read", conversationId: "cnv_a", userId: "zoe", role: "admin", seq: 2 });
  const entry = state.conversations.get("cnv_a");
  expect(entry).toMatchObject({ unread: 2, stale: false });
  expect(entry && furthest(entry.conversation, "admin")).toEqual([2, 2]);
});

test("a fetch that a message has overtaken still updates readSeq", () => {
  const participants = [{ ...ADMIN, readSeq: 1, deliveredSeq: 1 }];
  const freshState: StateChange[] = [conversation(2, { unread: 2 }), conversation(1, { unread: 0, participants })].map((each) => {
    return { type: "conversation", conversation: each, at: nextTime() };
  });
  const entry = freshState.reduce(reduce, initial(ADMIN)).conversations.get("cnv_a");
  expect(entry).toMatchObject({ conversation: { lastSeq: 2 }, stale: true });
});

test("a person who stops typing is removed while another one continues", () => {
  const about = { event: "user_typing", conversationId: "cnv_a", role: "admin", expiresInMs: 5_000 } as const;
  const typing = (userId: string, now: number): StateChange => ({
    type: "pushed",
    event: { ...about, userId, name: userId },
    now,
    at: nextTime(),
  });
  const state = [typing("grace", 0), typing("tom", 3_000), typing("tom", 6_000)].reduce(reduce, initial(ADMIN));
  expect(state.typing.get("cnv_a")?.map(({ userId }) => userId)).toEqual(["tom"]);
});

let moments = 0;

/** Returns a time that is later than all previous ones. */
function nextTime(): number {
  moments += 1;
  return moments;
}

function initialState({ me, conversationId, before }: Fixture): State {
  return [
    { type: "refreshed", pages: [before.list], at: nextTime() },
    { type: "history", conversationId, page: before.history, asked: "newest" },
  ].reduce((state, change) => reduce(state, change as StateChange), initial(me));
}

function freshState({ me, conversationId, after }: Fixture): State {
  return [
    { type: "refreshed", pages: [after.list], at: nextTime() },
    { type: "history", conversationId, page: after.history, asked: "newest" },
    { type: "conversation", conversation: after.conversation, at: nextTime() },
  ].reduce((state, change) => reduce(state, change as StateChange), initial(me));
}

/**
 * Does what the client library does after a reconnect: fetches the list, the messages after the
 * gapless `seq`, and what is stale.
 */
function afterSync(state: State, { conversationId, after }: Fixture): State {
  const timeline = state.timelines.get(conversationId);
  const from = timeline === undefined ? 0 : gaplessSeq(timeline);
  const messages = after.history.messages.filter((message) => message.seq > from);
  const changes = after.history.changes.filter((change) => change.seq > from);
  const named = new Set([...changes.flatMap((change) => ("target" in change ? [change.target] : [])), ...messages.flatMap(({ replyTo }) => replyTo ?? [])]);
  const others = after.history.messages.filter(({ seq }) => seq <= from && named.has(seq));
  let next = reduce(state, { type: "list", page: after.list, asked: "since", at: nextTime() });
  next = reduce(next, { type: "history", conversationId, page: { ...after.history, messages, changes, others, hasMore: false }, asked: "after" });
  return reduce(next, { type: "conversation", conversation: after.conversation, at: nextTime() });
}

function applyEvent(state: State, event: PushedEvent): State {
  return reduce(state, { type: "pushed", event, now: 0, at: nextTime() });
}

/** Returns what a person sees of a state, without presence and typing, which are not durable. */
function visiblePart(state: State): unknown {
  return {
    list: sorted(state.conversations).map(({ conversation, unread }) => ({
      id: conversation.id,
      status: conversation.status,
      order: conversation.order,
      lastSeq: conversation.lastSeq,
      // A preview has no reactions, so the number of the last reaction does not matter.
      lastMessage: { ...conversation.lastMessage, changedSeq: undefined },
      lastActivityAt: conversation.lastActivityAt,
      cursors: (["customer", "admin"] as const).map((role) => furthest(conversation, role)),
      unread,
    })),
    messages: [...state.timelines].map(([id, { messages, changes }]) => [id, messages, changes]),
  };
}

/** Returns the furthest cursors of a side. The server does not list every admin who has one. */
function furthest({ participants }: Conversation, role: Role): [readSeq: number, deliveredSeq: number] {
  const side = participants.filter((participant) => participant.role === role);
  return [Math.max(0, ...side.map(({ readSeq }) => readSeq)), Math.max(0, ...side.map(({ deliveredSeq }) => deliveredSeq))];
}
