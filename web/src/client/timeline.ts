import type { Change, History, Message } from "../protocol.ts";

/**
 * The maximum number of messages that are held outside the loaded part of a conversation. The ones
 * that came first are dropped.
 */
export const MOST_OUTSIDE = 500;

/**
 * The loaded part of a conversation: all entries from the oldest loaded one to the newest. There
 * can be gaps until a sync has filled them.
 */
export interface Timeline {
  /** The messages as they are now, ordered by `seq` without duplicates. */
  readonly messages: readonly Message[];
  /** The changes, ordered by `seq` without duplicates. They share the numbering of the messages. */
  readonly changes: readonly Change[];
  /**
   * Messages before the loaded part, as they are now, by `seq`: those that changed and those that
   * are quoted. A page that is being loaded can contain an older version of them.
   */
  readonly outside: ReadonlyMap<number, Message>;
  /** True if the server has older entries. */
  readonly hasOlder: boolean;
  /** True once a page of the history has been loaded. */
  readonly loaded: boolean;
}

/** A timeline without entries. */
export const EMPTY_TIMELINE: Timeline = { messages: [], changes: [], outside: new Map(), hasOlder: true, loaded: false };

/** Returns the lowest `seq`, or undefined if there are no entries. */
export function oldestSeq({ messages, changes }: Entries): number | undefined {
  const [message, change] = [messages[0]?.seq, changes[0]?.seq];
  return message === undefined || change === undefined ? (message ?? change) : Math.min(message, change);
}

/** Returns the highest `seq`, or 0 if there are no entries. */
export function newestSeq({ messages, changes }: Entries): number {
  return Math.max(messages.at(-1)?.seq ?? 0, changes.at(-1)?.seq ?? 0);
}

/** Returns the highest `seq` before the first gap, or 0 if there are no entries. */
export function gaplessSeq(timeline: Timeline): number {
  const { messages, changes } = timeline;
  const [oldest, newest] = [oldestSeq(timeline), newestSeq(timeline)];
  if (oldest === undefined || newest - oldest === messages.length + changes.length - 1) return newest;
  let [seq, message, change] = [oldest, 0, 0];
  for (; ; seq += 1) {
    if (messages[message]?.seq === seq) message += 1;
    else if (changes[change]?.seq === seq) change += 1;
    else return seq - 1;
  }
}

/** Returns true if entries up to `lastSeq` are missing between or after the held ones. */
export function hasGap(timeline: Timeline, lastSeq: number): boolean {
  return timeline.loaded && gaplessSeq(timeline) < Math.max(lastSeq, newestSeq(timeline));
}

/** Returns the number of changes directly after `seq`, before the next message. */
export function changesAfter({ changes }: Timeline, seq: number): number {
  const first = placeOf(changes, seq + 1);
  let count = 0;
  while (changes[first + count]?.seq === seq + 1 + count) count += 1;
  return count;
}

/** Returns a message as it is now, if it is held. */
export function messageAt({ messages, outside }: Timeline, seq: number): Message | undefined {
  const found = messages[placeOf(messages, seq)];
  return found?.seq === seq ? found : outside.get(seq);
}

/** Returns true if `one` is a newer version of the same message. */
export function isNewer(one: Message, other: Message): boolean {
  return (one.changedSeq ?? 0) > (other.changedSeq ?? 0);
}

/** Returns the newer of two versions of a message. */
export function newerOf(message: Message, other: Message | undefined): Message {
  return other !== undefined && isNewer(other, message) ? other : message;
}

/** Returns the timeline with only the `count` newest entries. */
export function newest(timeline: Timeline, count: number): Timeline {
  const { messages, changes } = timeline;
  if (messages.length + changes.length <= count) return timeline;
  const seqs = [...messages, ...changes].map(({ seq }) => seq).sort((one, other) => other - one);
  const from = seqs[count - 1] ?? 0;
  const kept = messages.filter(({ seq }) => seq >= from);
  const quoted = kept.flatMap(({ replyTo = from }) => (replyTo < from ? (messageAt(timeline, replyTo) ?? []) : []));
  const outside = withOutside(timeline.outside, quoted);
  return { ...timeline, messages: kept, changes: changes.filter(({ seq }) => seq >= from), outside, hasOlder: true };
}

/** Returns the timeline with these messages added, in any order and possibly held already. */
export function withMessages(timeline: Timeline, incoming: readonly Message[]): Timeline {
  const oldest = oldestSeq(timeline) ?? 0;
  const messages = merged(timeline.messages, incoming.filter(({ seq }) => seq >= oldest), isNewer);
  const outside = withOutside(timeline.outside, incoming.filter(({ seq }) => seq < oldest));
  if (messages === timeline.messages && outside === timeline.outside) return timeline;
  return { ...timeline, messages, outside, hasOlder: timeline.hasOlder && messages[0]?.seq !== 1 };
}

/** Returns the timeline with these changes added, in any order and possibly held already. */
export function withChanges(timeline: Timeline, incoming: readonly Change[]): Timeline {
  const oldest = oldestSeq(timeline) ?? 0;
  const changes = merged(timeline.changes, incoming.filter(({ seq }) => seq >= oldest), never);
  return changes === timeline.changes ? timeline : { ...timeline, changes };
}

/**
 * Returns the timeline with a page of the history added: the newest page, or one `before` or
 * `after` a `seq`.
 */
export function withHistory(timeline: Timeline, page: History, asked: "newest" | "before" | "after"): Timeline {
  const held = page.messages.map((message) => newerOf(message, timeline.outside.get(message.seq)));
  const grown: Timeline = {
    ...timeline,
    messages: merged(timeline.messages, held, isNewer),
    changes: merged(timeline.changes, page.changes, never),
    loaded: true,
  };
  const oldest = oldestSeq(grown);
  const reachesBack = asked !== "after" && oldestSeq(page) === oldest;
  const hasOlder = oldest !== 1 && (reachesBack ? page.hasMore : timeline.hasOlder);
  const outside = new Map([...timeline.outside].filter(([seq]) => seq < (oldest ?? 0)));
  return withMessages({ ...grown, outside, hasOlder }, page.others);
}

type Entries = Pick<Timeline | History, "messages" | "changes">;

const never = () => false;

function withOutside(held: ReadonlyMap<number, Message>, incoming: readonly Message[]): ReadonlyMap<number, Message> {
  const news = incoming.filter((message) => {
    const known = held.get(message.seq);
    return known === undefined || isNewer(message, known);
  });
  if (news.length === 0) return held;
  const all = [...held, ...news.map((message) => [message.seq, message] as const)];
  return new Map(all.slice(-MOST_OUTSIDE));
}

/** Adds entries to a list that is ordered by `seq`. A held one is replaced only by a newer one. */
function merged<Entry extends { readonly seq: number }>(
  held: readonly Entry[],
  incoming: readonly Entry[],
  replaces: (incoming: Entry, held: Entry) => boolean,
): readonly Entry[] {
  let next: Entry[] | undefined;
  for (const entry of incoming) {
    const place = placeOf(next ?? held, entry.seq);
    const known = (next ?? held)[place];
    const isHeld = known?.seq === entry.seq;
    if (known !== undefined && isHeld && !replaces(entry, known)) continue;
    next ??= [...held];
    next.splice(place, isHeld ? 1 : 0, entry);
  }
  return next ?? held;
}

/** Returns the index of the first entry whose `seq` is not lower, by binary search. */
function placeOf(entries: readonly { readonly seq: number }[], seq: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
