import type { History, Message } from "../protocol.ts";

/** The messages of a conversation that the client holds. */
export interface Timeline {
  /** Ordered by `seq` without duplicates. There can be gaps until a sync has filled them. */
  readonly messages: readonly Message[];
  /** True if the server has older messages. */
  readonly hasOlder: boolean;
  /** True once a page of the history has been loaded. */
  readonly loaded: boolean;
}

/** A timeline without messages. */
export const EMPTY_TIMELINE: Timeline = { messages: [], hasOlder: true, loaded: false };

/** Returns the highest `seq` before the first gap, or 0 if there are no messages. */
export function gaplessSeq({ messages }: Timeline): number {
  const [first, last] = [messages[0], messages.at(-1)];
  if (first === undefined || last === undefined) return 0;
  if (last.seq - first.seq === messages.length - 1) return last.seq;
  const jump = messages.findIndex((message, index) => message.seq !== first.seq + index);
  return first.seq + jump - 1;
}

/** Returns true if messages up to `lastSeq` are missing between or after the held ones. */
export function hasGap(timeline: Timeline, lastSeq: number): boolean {
  return timeline.loaded && gaplessSeq(timeline) < Math.max(lastSeq, timeline.messages.at(-1)?.seq ?? 0);
}

/** Returns the timeline with only the `count` newest messages. */
export function newest(timeline: Timeline, count: number): Timeline {
  if (timeline.messages.length <= count) return timeline;
  return { ...timeline, messages: timeline.messages.slice(-count), hasOlder: true };
}

/** Returns the timeline with these messages added, in any order and possibly held already. */
export function withMessages(timeline: Timeline, incoming: readonly Message[]): Timeline {
  const messages = merged(timeline.messages, incoming);
  if (messages === timeline.messages) return timeline;
  return { ...timeline, messages, hasOlder: timeline.hasOlder && messages[0]?.seq !== 1 };
}

/**
 * Returns the timeline with a page of the history added: the newest page, or one `before` or
 * `after` a `seq`.
 */
export function withHistory(timeline: Timeline, page: History, asked: "newest" | "before" | "after"): Timeline {
  const messages = merged(timeline.messages, page.messages);
  const oldest = messages[0]?.seq;
  const reachesBack = asked !== "after" && page.messages[0]?.seq === oldest;
  const hasOlder = oldest !== 1 && (reachesBack ? page.hasMore : timeline.hasOlder);
  return { messages, hasOlder, loaded: true };
}

function merged(held: readonly Message[], incoming: readonly Message[]): readonly Message[] {
  const last = held.at(-1)?.seq ?? 0;
  const only = incoming[0];
  if (only !== undefined && incoming.length === 1 && only.seq > last) return [...held, only];
  const known = new Set(held.map((message) => message.seq));
  const fresh = incoming.filter((message) => !known.has(message.seq) && known.add(message.seq));
  if (fresh.length === 0) return held;
  return [...held, ...fresh].sort((one, other) => one.seq - other.seq);
}
