import { expect, test } from "vitest";
import type { Decision } from "../../src/client/decisions.ts";
import { gaplessDeskSeq } from "../../src/client/desk.ts";
import { type StateChange, reduce } from "../../src/client/reducer.ts";
import { type State, initial } from "../../src/client/state.ts";
import { EMPTY_TIMELINE, gaplessSeq, oldestSeq } from "../../src/client/timeline.ts";
import type { Desk, History, Message } from "../../src/protocol.ts";
import { GRACE, LogModel, MIA, TOM } from "./log-model.ts";
import { random, shuffled } from "./random.ts";

/** The number of random histories. */
const SCHEDULES = 2_000;

/** The number of entries that are written after the conversation was opened. */
const ENTRIES = 25;

const ID = "cnv_a";

const DECISIONS: readonly Decision[] = [
  { assign: { to: "grace" } },
  { assign: {} },
  { tag: { add: ["aaaaaaaa"] } },
  { tag: { add: ["bbbbbbbb"], remove: ["aaaaaaaa"] } },
  { prioritize: { to: "urgent" } },
  { snooze: {} },
  { snooze: {} },
  { wake: {} },
  { settle: {} },
];

/** Does one thing that somebody could do. */
function act(model: LogModel, next: () => number): void {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item;
  const [by, target, what] = [pick([MIA, GRACE, TOM]), pick(model.targets), next()];
  if (target === undefined || what < 0.25) model.text(by, next() < 0.3 ? target : undefined);
  else if (what < 0.45) model.edit(by, target);
  else if (what < 0.65) model.react(by, target, pick(["👍", "🎉"]), next() < 0.6);
  else if (what < 0.75) model.delete(by, target);
  else if (what < 0.82) model.status(pick([GRACE, TOM]), pick(["active", "archived", "closed"]));
  else if (what < 0.84 && !model.isOrderFinal) model.finishOrder(pick([GRACE, TOM]), pick(["completed", "cancelled"]));
  else if (what < 0.88) model.note(pick([GRACE, TOM]));
  else model.decide(pick([GRACE, TOM]), pick(DECISIONS));
}

/** A response that was read from the server and arrives later. */
type Answer = () => StateChange;

/**
 * Plays one random history. Grace's client opens the conversation in the middle. It gets the events
 * in any order, some twice, some never, and pages and conversations that were read earlier.
 */
function play(seed: number): { state: State; model: LogModel } {
  const next = random(seed);
  const model = new LogModel();
  let at = 0;
  let state = initial(GRACE);
  const apply = (change: StateChange) => (state = reduce(state, change));
  model.text(MIA);
  for (let count = 0; count < 15; count += 1) act(model, next);
  apply({ type: "conversation", conversation: model.conversation(GRACE), at: (at += 1) });
  apply({ type: "open", conversationId: ID });
  apply({ type: "history", conversationId: ID, page: model.page({ limit: 5 }), asked: "newest" });
  const before = model.events.length;
  const underWay: { until: number; answer: Answer }[] = [];
  for (let count = 0; count < ENTRIES; count += 1) {
    act(model, next);
    if (next() < 0.3) {
      // Read now, shown later. Meanwhile another page may arrive.
      const oldest = oldestSeq(state.timelines.get(ID) ?? EMPTY_TIMELINE);
      const page = model.page({ before: oldest ?? 1, limit: 4 });
      underWay.push({ until: count + next() * 8, answer: () => ({ type: "history", conversationId: ID, page, asked: "before" }) });
    }
    if (next() < 0.2) {
      const [conversation, asked] = [model.conversation(GRACE), (at += 1)];
      underWay.push({ until: count + next() * 8, answer: () => ({ type: "conversation", conversation, at: asked }) });
    }
    for (const { answer } of underWay.filter(({ until }) => Math.floor(until) === count)) apply(answer());
    const events = shuffled(model.events.slice(before + Math.max(0, count - 6), before + count), next, 0.4);
    for (const event of events) apply({ type: "pushed", event, now: 0, at: (at += 1) });
  }
  for (const { answer } of underWay) apply(answer());
  return { state, model };
}

/** Does what a sync does: fetches what is missing after the gapless positions, and the conversation. */
function synced(start: State, model: LogModel): State {
  let state = start;
  for (let page: History | undefined; page === undefined || page.hasMore; ) {
    page = model.page({ after: gaplessSeq(state.timelines.get(ID) ?? EMPTY_TIMELINE), limit: 7 });
    state = reduce(state, { type: "history", conversationId: ID, page, asked: "after" });
  }
  const { entries, deskSeq } = model.deskPage(gaplessDeskSeq(state.desks.get(ID) ?? []), 100);
  state = reduce(state, { type: "desk", conversationId: ID, entries, deskSeq });
  return reduce(state, { type: "conversation", conversation: model.conversation(GRACE), at: 1_000_000 });
}

/** Returns what Grace sees if she opens the conversation now, from this `seq` on. */
function fresh(model: LogModel, from: number): State {
  const changes: StateChange[] = [
    { type: "conversation", conversation: model.conversation(GRACE), at: 1 },
    { type: "open", conversationId: ID },
    { type: "history", conversationId: ID, page: model.page({ limit: model.lastSeq - from + 1 }), asked: "newest" },
    { type: "desk", conversationId: ID, entries: model.desk, deskSeq: model.desk.length },
  ];
  return changes.reduce(reduce, initial(GRACE));
}

/** Returns what a person sees of the conversation. */
function visible(state: State): unknown {
  const { conversation, unread } = state.conversations.get(ID) ?? {};
  // Events have no `unread`; the entry counts it.
  const { unread: __, ...shared } = conversation ?? {};
  const { messages = [], changes = [], outside = new Map<number, Message>() } = state.timelines.get(ID) ?? {};
  const quoted = messages.flatMap(({ replyTo }) => (replyTo === undefined ? [] : [outside.get(replyTo)]));
  // A preview has no reactions, so the number of the last reaction does not matter.
  const { changedSeq: _, ...lastMessage } = conversation?.lastMessage ?? {};
  return { conversation: { ...shared, lastMessage }, unread, messages, changes, quoted, desk: state.desks.get(ID) };
}

test("events in any order, lost, twice and late, and old pages, give the same state as a fresh fetch after a sync", () => {
  for (let seed = 1; seed <= SCHEDULES; seed += 1) {
    const { state, model } = play(seed);
    const after = synced(state, model);
    const from = oldestSeq(after.timelines.get(ID) ?? EMPTY_TIMELINE) ?? 0;
    expect(visible(after), `schedule ${seed}`).toEqual(visible(fresh(model, from)));
  }
});

/** The desk without the clocks of the SLA, which only the server can compute. */
function withoutClocks(desk: Desk | undefined): unknown {
  return { ...desk, sla: undefined };
}

test("events in order give the same state as a fresh fetch, without a request", () => {
  for (let seed = 1; seed <= SCHEDULES; seed += 1) {
    const next = random(seed);
    const model = new LogModel();
    model.text(MIA);
    let state = fresh(model, 1);
    for (let count = 0; count < ENTRIES; count += 1) act(model, next);
    model.events.forEach((event, index) => (state = reduce(state, { type: "pushed", event, now: 0, at: index })));
    const expected = fresh(model, 1);
    const [held, asked] = [state, expected].map(({ conversations }) => conversations.get(ID));
    expect(withoutClocks(held?.conversation.desk), `schedule ${seed}`).toEqual(withoutClocks(asked?.conversation.desk));
    // A clock that has begun is fetched; then the desk is the same too.
    if (held?.deskVersion?.missing !== undefined) state = reduce(state, { type: "conversation", conversation: model.conversation(GRACE), at: 1_000 });
    expect(visible(state), `schedule ${seed}`).toEqual(visible(expected));
    expect(state.conversations.get(ID)?.stale).toBe(false);
    expect(state.conversations.get(ID)?.deskVersion?.missing).toBeUndefined();
  }
});

test("events that arrive after a sync change nothing", () => {
  for (let seed = 1; seed <= SCHEDULES / 10; seed += 1) {
    const { model } = play(seed);
    const before = fresh(model, 1);
    const late = shuffled(model.events, random(seed)).reduce((state, event) => reduce(state, { type: "pushed", event, now: 0, at: 5 }), before);
    expect(visible(late), `schedule ${seed}`).toEqual(visible(before));
  }
});
