import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Change, reduce } from "../../src/client/reducer.ts";
import { sorted } from "../../src/client/selectors.ts";
import type { Pushed } from "../../src/client/socket.ts";
import { type State, initial } from "../../src/client/state.ts";
import { gaplessSeq } from "../../src/client/timeline.ts";
import type { Conversation, ConversationPage, History, Message, Person } from "../../src/protocol.ts";

/** What one person's connection heard and what the server answered before and after: recorded from the running system. */
interface Fixture {
  readonly me: Person;
  readonly conversationId: string;
  readonly before: { readonly list: ConversationPage; readonly history: History };
  readonly events: readonly Pushed[];
  readonly after: { readonly list: ConversationPage; readonly history: History; readonly conversation: Conversation };
}

const FOLDER = new URL("../fixtures/", import.meta.url);
const FIXTURES = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));

/** As many worlds for each recording. */
const SCHEDULES = 500;

describe.each(FIXTURES)("%s", (name) => {
  const fixture = JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Fixture;
  const fresh = fetched(fixture);

  test("events as they came end equal to a fresh fetch, without one", () => {
    const state = fixture.events.reduce((sofar, event) => heard(sofar, event), begun(fixture));
    expect(seen(state)).toEqual(seen(fresh));
    expect([...state.conversations.values()].filter((entry) => entry.stale)).toEqual([]);
  });

  test("events in any order, with losses and repeats, end equal to a fresh fetch after a sync", () => {
    for (let seed = 1; seed <= SCHEDULES; seed += 1) {
      const state = schedule(fixture.events, random(seed)).reduce((sofar, event) => heard(sofar, event), begun(fixture));
      expect(seen(synced(state, fixture)), `schedule ${seed}`).toEqual(seen(fresh));
    }
  });

  test("events that come late, after the sync, change nothing", () => {
    for (let seed = 1; seed <= SCHEDULES; seed += 1) {
      const late = schedule(fixture.events, random(seed)).reduce((sofar, event) => heard(sofar, event), fresh);
      expect(seen(synced(late, fixture)), `schedule ${seed}`).toEqual(seen(fresh));
    }
  });
});

function begun({ me, conversationId, before }: Fixture): State {
  return [
    { type: "list", page: before.list, asked: "first" },
    { type: "history", conversationId, page: before.history, asked: "newest" },
  ].reduce((state, change) => reduce(state, change as Change), initial(me));
}

function fetched({ me, conversationId, after }: Fixture): State {
  return [
    { type: "list", page: after.list, asked: "first" },
    { type: "history", conversationId, page: after.history, asked: "newest" },
    { type: "conversation", conversation: after.conversation },
  ].reduce((state, change) => reduce(state, change as Change), initial(me));
}

/** What the client library does after a loss: the list, the messages after the gapless `seq`, and what is stale. */
function synced(state: State, { conversationId, after }: Fixture): State {
  const timeline = state.timelines.get(conversationId);
  const from = timeline === undefined ? 0 : gaplessSeq(timeline);
  const messages = after.history.messages.filter((message) => message.seq > from);
  let next = reduce(state, { type: "list", page: after.list, asked: "since" });
  next = reduce(next, { type: "history", conversationId, page: { ...after.history, messages, hasMore: false }, asked: "after" });
  return reduce(next, { type: "conversation", conversation: after.conversation });
}

function heard(state: State, event: Pushed): State {
  return reduce(state, { type: "pushed", event, now: 0 });
}

/** What a person sees of it. Who is online and who types passes by, and is not part of it. */
function seen(state: State): unknown {
  return {
    list: sorted(state.conversations).map(({ conversation, unread }) => ({
      id: conversation.id,
      status: conversation.status,
      order: conversation.order,
      lastSeq: conversation.lastSeq,
      lastMessage: conversation.lastMessage,
      lastActivityAt: conversation.lastActivityAt,
      cursors: conversation.participants.map(({ userId, name, readSeq, deliveredSeq }) => ({ userId, name, readSeq, deliveredSeq })),
      unread,
    })),
    messages: [...state.timelines].map(([id, { messages }]) => [id, messages.map(({ seq, id: name, body }: Message) => ({ seq, name, body }))]),
  };
}

/** The events in another order, some lost, some twice. */
function schedule(events: readonly Pushed[], next: () => number): readonly Pushed[] {
  return events
    .flatMap((event) => (next() < 0.2 ? [] : next() < 0.2 ? [event, event] : [event]))
    .map((event, index) => ({ event, place: index + next() * 8 }))
    .sort((one, other) => one.place - other.place)
    .map(({ event }) => event);
}

/** The same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
}
