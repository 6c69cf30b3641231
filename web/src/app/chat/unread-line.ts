import { useEffect, useRef, useState } from "react";
import { EMPTY_TIMELINE, type Timeline, newestSeq, oldestSeq, sideOf } from "../../client/index.ts";
import type { Conversation, Person } from "../../protocol.ts";
import { useClient, useLatest } from "../chat-context.ts";

/**
 * The maximum number of messages that are loaded to open a conversation at the first unread
 * message. With more it opens at the newest.
 */
export const MAX_LOADED = 500;

/** The line above the first message that was unread when the conversation was opened. */
export interface UnreadLine {
  /** The `seq` of the first unread message. */
  readonly seq: number;
  /** The number of unread messages. */
  readonly count: number;
}

/** The words for a number of new messages. */
export function newMessages(count: number): string {
  return count === 1 ? "1 new message" : `${count.toLocaleString("en")} new messages`;
}

/** The position at which a conversation opens. */
export type Opening =
  /** More messages have to be loaded first. */
  | { at: "loading"; missing: "older" | "newer" }
  /** At the newest message. `unread` messages are too far back to be loaded automatically. */
  | { at: "newest"; unread: number }
  /** At the first unread message. */
  | { at: "line"; line: UnreadLine };

/**
 * Decides where a conversation with `unread` messages after `readSeq` opens. Up to `most` messages
 * are loaded for that.
 */
export function openingOf(
  timeline: Timeline,
  { readSeq, lastSeq, unread, role, most }: { readSeq: number; lastSeq: number; unread: number; role: Person["role"]; most: number },
): Opening {
  if (unread === 0) return { at: "newest", unread: 0 };
  const { messages, hasOlder } = timeline;
  const oldest = oldestSeq(timeline);
  if (oldest === undefined || newestSeq(timeline) < lastSeq) return { at: "loading", missing: "newer" };
  if (oldest > readSeq + 1 && hasOlder) {
    return lastSeq - readSeq > most ? { at: "newest", unread } : { at: "loading", missing: "older" };
  }
  // Messages that arrived after the opening are not counted.
  const news = messages.filter((message) => message.seq > readSeq && message.seq <= lastSeq && sideOf(message) !== role);
  const [next] = news;
  return next === undefined ? { at: "newest", unread: 0 } : { at: "line", line: { seq: next.seq, count: news.length } };
}

/** Maximum time that opening waits for missing messages, in milliseconds. */
const MAX_WAIT = 3_000;

/**
 * Returns where the conversation opens, or undefined while messages are missing. It is decided
 * once, from what was unread at the opening.
 */
export function useOpening(
  conversation: Conversation,
  { timeline, readSeq, unread, role }: { timeline: Timeline; readSeq: number; unread: number; role: Person["role"] },
): Opening | undefined {
  const client = useClient();
  const [atOpening] = useState({ readSeq, unread, lastSeq: conversation.lastSeq });
  const [decided, decide] = useState<Opening>();
  const now = openingOf(timeline, { ...atOpening, role, most: MAX_LOADED });
  const ready = now.at !== "loading";
  const missing = now.at === "loading" ? now.missing : undefined;
  const oldest = oldestSeq(timeline);
  const giveUp = useLatest(() => decide({ at: "newest", unread: atOpening.unread }));

  useEffect(() => {
    if (decided !== undefined || missing !== "older") return;
    client.loadOlder(conversation.id).catch(() => giveUp.current());
  }, [client, conversation.id, decided, missing, oldest, giveUp]);
  useEffect(() => {
    if (decided !== undefined || missing !== "newer") return;
    const timer = setTimeout(() => giveUp.current(), MAX_WAIT);
    return () => clearTimeout(timer);
  }, [decided, missing, giveUp]);
  if (decided === undefined && ready) decide(now);
  return decided ?? (ready ? now : undefined);
}

/** The unread line, and how to load it if it is not loaded. */
export interface Unread {
  readonly line: UnreadLine | undefined;
  /**
   * The number of unread messages whose first one is not loaded. 0 if it is loaded, or if the line
   * was removed.
   */
  readonly unloaded: number;
  /** Loads older messages up to the first unread one. */
  readonly load: () => Promise<UnreadLine | undefined>;
}

/** Keeps the unread line of the open conversation. Sending a message removes the line. */
export function useUnread(id: string, opening: Opening, atOpening: { readSeq: number; role: Person["role"]; writtenAt: number }): Unread {
  const client = useClient();
  const [line, setLine] = useState(opening.at === "line" ? opening.line : undefined);
  const [unloaded, setUnloaded] = useState(opening.at === "newest" ? opening.unread : 0);
  const [{ readSeq, writtenAt, lastSeq }] = useState(() => ({ ...atOpening, lastSeq: newestSeq(client.state.timelines.get(id) ?? EMPTY_TIMELINE) }));
  if (atOpening.writtenAt > writtenAt && (line !== undefined || unloaded > 0)) {
    setLine(undefined);
    setUnloaded(0);
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
      const now = openingOf(timeline, { readSeq, lastSeq, unread: unloaded, role: atOpening.role, most: Number.POSITIVE_INFINITY });
      if (now.at === "line") {
        setUnloaded(0);
        setLine(now.line);
        return now.line;
      }
      if (now.at === "newest") return undefined;
      const before = oldestSeq(timeline);
      await client.loadOlder(id);
      if (oldestSeq(client.state.timelines.get(id) ?? EMPTY_TIMELINE) === before) return undefined;
    }
  };
  return { line, unloaded, load };
}
