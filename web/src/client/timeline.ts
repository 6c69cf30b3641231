import type { History, Message } from "../protocol.ts";

/** What is held of a conversation's messages. */
export interface Timeline {
  /** Ascending `seq`, each once; there may be holes until a sync has filled them. */
  readonly messages: readonly Message[];
  /** Whether the server has older messages than these. */
  readonly hasOlder: boolean;
  /** Whether a page of the history has come. */
  readonly loaded: boolean;
}

/** Nothing yet. */
export const EMPTY_TIMELINE: Timeline = { messages: [], hasOlder: true, loaded: false };

/** The highest `seq` up to which everything is held from where the timeline begins; 0 if nothing is. */
export function gaplessSeq({ messages }: Timeline): number {
  const [first, last] = [messages[0], messages.at(-1)];
  if (first === undefined || last === undefined) return 0;
  if (last.seq - first.seq === messages.length - 1) return last.seq;
  const jump = messages.findIndex((message, index) => message.seq !== first.seq + index);
  return first.seq + jump - 1;
}

/** Whether something is known to lie between or after the messages held, up to `lastSeq`. */
export function hasGap(timeline: Timeline, lastSeq: number): boolean {
  return timeline.loaded && gaplessSeq(timeline) < Math.max(lastSeq, timeline.messages.at(-1)?.seq ?? 0);
}

/** With at most `count` messages: the newest. */
export function newest(timeline: Timeline, count: number): Timeline {
  if (timeline.messages.length <= count) return timeline;
  return { ...timeline, messages: timeline.messages.slice(-count), hasOlder: true };
}

/** With these messages, in any order, held already or not. */
export function withMessages(timeline: Timeline, incoming: readonly Message[]): Timeline {
  const messages = merged(timeline.messages, incoming);
  if (messages === timeline.messages) return timeline;
  return { ...timeline, messages, hasOlder: timeline.hasOlder && messages[0]?.seq !== 1 };
}

/** With a page of the history that was asked for without bounds, `before` or `after` a `seq`. */
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
