import { ArrowDown } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { EMPTY_TIMELINE, type PendingMessage, sideOf, tickOf } from "../../client/index.ts";
import type { Conversation, Message } from "../../protocol.ts";
import { useChat, useClient, useLatest } from "../chat-context.ts";
import { day } from "../format.ts";
import { useToday } from "../now.ts";
import { Bubble, PendingBubble } from "./Bubble.tsx";
import { type Row, rowsOf } from "./rows.ts";

/** This close to the newest message counts as being there, in pixels. */
const AT_END = 60;

/** This close to the oldest message the ones before it are loaded, in pixels. */
const NEAR_START = 1_200;

/** A chat's messages: stays at the newest unless somebody reads older ones, and loads those without a jump. */
export function MessageList({ conversation }: { conversation: Conversation }) {
  const client = useClient();
  const { id } = conversation;
  const me = useChat((state) => state.me);
  const today = useToday();
  const timeline = useChat((state) => state.timelines.get(id) ?? EMPTY_TIMELINE);
  const unsent = useUnsent(id);
  const rows = useMemo(() => rowsOf(timeline.messages, unsent), [timeline.messages, unsent]);
  const list = useRef<VirtualizerHandle>(null);
  const [atEnd, setAtEnd] = useState(true);
  const stays = useLatest(atEnd);
  const count = useLatest(rows.length);
  const prepended = usePrepended(rows);

  const toEnd = useCallback(
    () => list.current?.scrollToIndex(count.current - 1, { align: "end" }),
    [count],
  );
  const scrolled = (offset: number) => {
    const handle = list.current;
    if (handle === null) return;
    setAtEnd(offset + handle.viewportSize >= handle.scrollSize - AT_END);
    if (offset < NEAR_START) void client.loadOlder(id).catch(() => undefined);
  };

  const newest = rows.at(-1)?.key;
  const written = unsent.at(-1)?.writtenAt ?? 0;
  const looked = useRef(0);
  useLayoutEffect(() => {
    if (stays.current) toEnd();
  }, [newest, stays, toEnd]);
  useLayoutEffect(() => {
    // What one writes oneself is always looked at; what leaves the outbox moves nobody.
    if (written > looked.current) toEnd();
    looked.current = Math.max(written, looked.current);
  }, [written, toEnd]);
  const resized = () => {
    if (stays.current) toEnd();
  };
  useSeen(id, atEnd, timeline.messages);
  const news = useNews(timeline.messages, atEnd, me.role);

  return (
    <div className="messages-frame">
      <div className="messages" role="region" aria-label="Messages" tabIndex={0}>
        <Virtualizer ref={list} as="ol" item="li" data={rows} shift={prepended} onScroll={scrolled} onResize={resized}>
          {(row) => (
            <div key={row.key} className="entry">
              {row.day !== undefined && <p className="day">{day(row.day, today)}</p>}
              {row.message !== undefined && (
                <Bubble message={row.message} me={me} tick={tickOf(row.message, conversation)} follows={row.follows} />
              )}
              {row.unsent !== undefined && <PendingBubble unsent={row.unsent} follows={row.follows} />}
            </div>
          )}
        </Virtualizer>
      </div>
      {!atEnd && (
        <button type="button" className="to-end" onClick={toEnd}>
          <ArrowDown size={16} aria-hidden />
          {news === 0 ? "To the newest" : news === 1 ? "1 new message" : `${news} new messages`}
        </button>
      )}
    </div>
  );
}

function useUnsent(id: string): readonly PendingMessage[] {
  const outbox = useChat((state) => state.outbox);
  return useMemo(() => outbox.filter((unsent) => unsent.conversationId === id), [outbox, id]);
}

/** Whether this rendering has rows before those of the last one: then the view keeps its distance to the end. */
function usePrepended(rows: readonly Row[]): boolean {
  const first = rows[0]?.message?.seq;
  const last = useRef(first);
  const prepended = first !== undefined && last.current !== undefined && first < last.current;
  useEffect(() => {
    last.current = first;
  });
  return prepended;
}

/** Whoever is at the end of a page that can be seen has read it: looked at with every message, one that fills a gap too. */
function useSeen(id: string, atEnd: boolean, messages: readonly Message[]): void {
  const client = useClient();
  useEffect(() => {
    const seen = () => {
      if (atEnd && messages.length > 0 && document.visibilityState === "visible") client.markRead(id);
    };
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, [client, id, atEnd, messages]);
}

/** How many messages of the other side came since the end was left. */
function useNews(messages: readonly Message[], atEnd: boolean, role: string): number {
  const lastSeq = messages.at(-1)?.seq ?? 0;
  const [seen, setSeen] = useState(lastSeq);
  useEffect(() => {
    if (atEnd) setSeen(lastSeq);
  }, [atEnd, lastSeq]);
  if (atEnd) return 0;
  return messages.filter((message) => message.seq > seen && sideOf(message) !== role).length;
}
