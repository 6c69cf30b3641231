import { useEffect, useRef, useState } from "react";
import { type Timeline, sideOf } from "../../client/index.ts";
import type { Conversation, Person } from "../../protocol.ts";
import { useClient, useLatest } from "../chat-context.ts";

/** As many messages are loaded to open a conversation at the first unread one. Where there are more it opens at the newest. */
export const BETWEEN = 500;

/** The line before the first message that was unread when the conversation was opened. */
export interface UnreadLine {
  /** The `seq` of that message. */
  readonly seq: number;
  /** How many were unread. */
  readonly count: number;
}

/** Where a conversation opens. */
export type Opening =
  /** Messages before those held are needed first. */
  | { at: "loading"; missing: "older" | "newer" }
  /** The newest message; `unread` messages lie too far back to be loaded unasked. */
  | { at: "newest"; unread: number }
  /** The first unread message. */
  | { at: "line"; line: UnreadLine };

/** Where a conversation with `unread` messages past `readSeq` opens, as far as its messages are held; up to `most` are loaded for it. */
export function openingOf(
  timeline: Timeline,
  { readSeq, lastSeq, unread, role, most }: { readSeq: number; lastSeq: number; unread: number; role: Person["role"]; most: number },
): Opening {
  if (unread === 0) return { at: "newest", unread: 0 };
  const { messages, hasOlder } = timeline;
  const first = messages[0];
  if (first === undefined || (messages.at(-1)?.seq ?? 0) < lastSeq) return { at: "loading", missing: "newer" };
  if (first.seq > readSeq + 1 && hasOlder) {
    return lastSeq - readSeq > most ? { at: "newest", unread } : { at: "loading", missing: "older" };
  }
  // What came after the opening is not what the line is about.
  const news = messages.filter((message) => message.seq > readSeq && message.seq <= lastSeq && sideOf(message) !== role);
  const [next] = news;
  return next === undefined ? { at: "newest", unread: 0 } : { at: "line", line: { seq: next.seq, count: news.length } };
}

/** A conversation does not wait longer than this for messages that it needs to open, in milliseconds. */
const PATIENCE = 3_000;

/** Where the conversation opens: decided once, by what was unread when it was opened. Undefined until that is known. */
export function useOpening(
  conversation: Conversation,
  { timeline, readSeq, unread, role }: { timeline: Timeline; readSeq: number; unread: number; role: Person["role"] },
): Opening | undefined {
  const client = useClient();
  const [begun] = useState({ readSeq, unread, lastSeq: conversation.lastSeq });
  const [decided, decide] = useState<Opening>();
  const now = openingOf(timeline, { ...begun, role, most: BETWEEN });
  const ready = now.at !== "loading";
  const missing = now.at === "loading" ? now.missing : undefined;
  const oldest = timeline.messages[0]?.seq;
  const giveUp = useLatest(() => decide({ at: "newest", unread: begun.unread }));

  useEffect(() => {
    if (decided !== undefined || missing !== "older") return;
    client.loadOlder(conversation.id).catch(() => giveUp.current());
  }, [client, conversation.id, decided, missing, oldest, giveUp]);
  useEffect(() => {
    if (decided !== undefined || missing !== "newer") return;
    const timer = setTimeout(() => giveUp.current(), PATIENCE);
    return () => clearTimeout(timer);
  }, [decided, missing, giveUp]);
  if (decided === undefined && ready) decide(now);
  return decided ?? (ready ? now : undefined);
}

/** The line as long as it is shown, and how to get to one that lies further back. */
export interface Unread {
  readonly line: UnreadLine | undefined;
  /** How many unread messages begin before those that are held; 0 once they are there or the line has ended. */
  readonly further: number;
  /** Loads up to the first of them. */
  readonly load: () => Promise<UnreadLine | undefined>;
}

/** The line of a conversation that is open. What one writes oneself ends it. */
export function useUnread(id: string, opening: Opening, begun: { readSeq: number; role: Person["role"]; writtenAt: number }): Unread {
  const client = useClient();
  const [line, setLine] = useState(opening.at === "line" ? opening.line : undefined);
  const [further, setFurther] = useState(opening.at === "newest" ? opening.unread : 0);
  const [{ readSeq, writtenAt, lastSeq }] = useState(() => ({ ...begun, lastSeq: client.state.timelines.get(id)?.messages.at(-1)?.seq ?? 0 }));
  if (begun.writtenAt > writtenAt && (line !== undefined || further > 0)) {
    setLine(undefined);
    setFurther(0);
  }
  const shown = useRef(false);
  useEffect(() => {
    shown.current = true;
    return () => void (shown.current = false);
  }, []);

  const load = async () => {
    for (;;) {
      const timeline = client.state.timelines.get(id);
      if (timeline === undefined || !shown.current) return undefined;
      const now = openingOf(timeline, { readSeq, lastSeq, unread: further, role: begun.role, most: Number.POSITIVE_INFINITY });
      if (now.at === "line") {
        setFurther(0);
        setLine(now.line);
        return now.line;
      }
      if (now.at === "newest") return undefined;
      const before = timeline.messages.length;
      await client.loadOlder(id);
      if (client.state.timelines.get(id)?.messages.length === before) return undefined;
    }
  };
  return { line, further, load };
}
