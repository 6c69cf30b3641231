import { ArrowDown, ArrowUp } from "lucide-react";
import { createContext, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { type CustomItemComponentProps, Virtualizer, type VirtualizerHandle } from "virtua";
import { EMPTY_TIMELINE, type PendingMessage, isSamePerson, tickOf } from "../../client/index.ts";
import type { Conversation } from "../../protocol.ts";
import { useChat, useLatest } from "../chat-context.ts";
import { dayLabel } from "../format.ts";
import { useToday } from "../now.ts";
import { Bubble, PendingBubble } from "./Bubble.tsx";
import { OlderMessages, useOlder } from "./OlderMessages.tsx";
import { useReading } from "./reading.ts";
import { type ListPosition, type Row, positionOf, rowsOf, withUnreadLine } from "./rows.ts";
import { useScrolling } from "./scrolling.ts";
import { type Opening, useOpening, useUnread } from "./unread-line.ts";

/** Older messages are loaded when the scroll offset is below this, in pixels. */
const NEAR_START = 1_200;

/**
 * Rows are rendered this far outside the visible area, in pixels. They are measured before they
 * become visible, also during fast scrolling.
 */
const OVERSCAN = 1_000;

/** The fixed height of the area above the oldest message, in pixels. */
const TOP_HEIGHT = 44;

/**
 * A virtualized list of a chat's messages. It opens at the first unread message, or at the newest.
 */
export function MessageList({ conversation }: { conversation: Conversation }) {
  const { id } = conversation;
  const me = useChat((state) => state.me);
  const timeline = useChat((state) => state.timelines.get(id) ?? EMPTY_TIMELINE);
  const unread = useChat((state) => state.conversations.get(id)?.unread ?? 0);
  const [readSeq] = useState(() => conversation.participants.find((each) => isSamePerson(each, me))?.readSeq ?? 0);
  const opening = useOpening(conversation, { timeline, readSeq, unread, role: me.role });
  if (opening !== undefined) return <OpenedList conversation={conversation} opening={opening} readSeq={readSeq} unread={unread} />;
  return (
    <div className="messages-frame messages-loading" role="status" aria-label="Loading the messages">
      <span className="skeleton" />
      <span className="skeleton" />
      <span className="skeleton" />
    </div>
  );
}

/**
 * The list once its opening position is known. It follows the newest message unless somebody
 * scrolls up, and adds older messages without moving the visible ones.
 */
function OpenedList({
  conversation,
  opening,
  readSeq,
  unread,
}: {
  conversation: Conversation;
  opening: Opening;
  readSeq: number;
  unread: number;
}) {
  const { id } = conversation;
  const me = useChat((state) => state.me);
  const today = useToday();
  const timeline = useChat((state) => state.timelines.get(id) ?? EMPTY_TIMELINE);
  const unsent = useUnsent(id);
  const writtenAt = unsent.at(-1)?.writtenAt ?? 0;
  const { line, unloaded, load } = useUnread(id, opening, { readSeq, role: me.role, writtenAt });
  const [loadingUnread, setLoadingUnread] = useState<"loading" | "failed">();
  const rows = useMemo(() => withUnreadLine(rowsOf(timeline.messages, unsent), line), [timeline.messages, unsent, line]);
  const position = useMemo(() => positionOf(timeline.messages, unsent.length), [timeline.messages, unsent.length]);
  const prepended = usePrepended(rows);
  const latest = useLatest(rows);

  const frame = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const { atEnd, toEnd, toRow, scrolled, resized } = useScrolling(frame, list, TOP_HEIGHT);
  const { older, load: loadOlder, again } = useOlder(id);
  const checkRead = useReading(id, frame);

  const nearStart = () => {
    if (frame.current !== null && frame.current.scrollTop < NEAR_START) loadOlder();
  };
  const onScroll = () => {
    scrolled();
    checkRead();
    nearStart();
  };
  const onResize = () => {
    resized();
    checkRead();
  };

  const lineSeq = line?.seq;
  useLayoutEffect(() => {
    if (lineSeq === undefined) toEnd();
    else toRow(latest.current.findIndex((row) => row.line !== undefined));
  }, [lineSeq, latest, toEnd, toRow]);
  const lastWritten = useRef(writtenAt);
  useLayoutEffect(() => {
    // Scroll to the person's own new message. A message that leaves the outbox must not scroll.
    if (writtenAt > lastWritten.current) toEnd();
    lastWritten.current = Math.max(writtenAt, lastWritten.current);
  }, [writtenAt, toEnd]);
  useLayoutEffect(resized, [rows, resized]);
  useEffect(checkRead, [rows, checkRead]);
  useEffect(nearStart);

  const loadUnread = () => {
    setLoadingUnread("loading");
    load().then(
      () => setLoadingUnread(undefined),
      () => setLoadingUnread("failed"),
    );
  };

  return (
    <div className="messages-frame">
      <div ref={frame} className="messages" role="region" aria-label="Messages" tabIndex={0}>
        <OlderMessages older={older} again={again} />
        <PositionContext value={position}>
          <Virtualizer
            ref={list}
            as="ol"
            item={Item}
            data={rows}
            shift={prepended}
            startMargin={TOP_HEIGHT}
            bufferSize={OVERSCAN}
            onScroll={onScroll}
            onResize={onResize}
          >
            {(row) => (
              <div key={row.key} className="entry" data-seq={row.message?.seq}>
                {row.day !== undefined && <p className="day">{dayLabel(row.day, today)}</p>}
                {row.line !== undefined && (
                  <div className="unread-line" role="separator" aria-label={newMessages(row.line)}>
                    <span>{newMessages(row.line)}</span>
                  </div>
                )}
                {row.message !== undefined && (
                  <Bubble message={row.message} me={me} tick={tickOf(row.message, conversation)} follows={row.follows} />
                )}
                {row.unsent !== undefined && <PendingBubble unsent={row.unsent} follows={row.follows} />}
              </div>
            )}
          </Virtualizer>
        </PositionContext>
      </div>
      {unloaded > 0 && (
        <button type="button" className="to-line" onClick={loadUnread} disabled={loadingUnread === "loading"}>
          <ArrowUp size={16} aria-hidden />
          {loadingUnread === "loading"
            ? "Loading the new messages…"
            : loadingUnread === "failed"
              ? "They could not be loaded. Try again"
              : `${newMessages(unloaded)}, go to the first`}
        </button>
      )}
      {!atEnd && (
        <button type="button" className="to-end" onClick={toEnd}>
          <ArrowDown size={16} aria-hidden />
          {unread === 0 ? "Go to newest" : newMessages(unread)}
        </button>
      )}
    </div>
  );
}

function newMessages(count: number): string {
  return count === 1 ? "1 new message" : `${count.toLocaleString("en")} new messages`;
}

const PositionContext = createContext<ListPosition>({ first: 1, total: undefined });

/** A row of the list, with its position in the whole conversation for screen readers. */
function Item({ index, ref, style, children }: CustomItemComponentProps & { ref?: React.Ref<HTMLLIElement> }) {
  const { first, total } = useContext(PositionContext);
  return (
    <li ref={ref} style={style} aria-posinset={total === undefined ? undefined : first + index} aria-setsize={total ?? -1}>
      {children}
    </li>
  );
}

function useUnsent(id: string): readonly PendingMessage[] {
  const outbox = useChat((state) => state.outbox);
  return useMemo(() => outbox.filter((unsent) => unsent.conversationId === id), [outbox, id]);
}

/**
 * Returns true if this rendering has added rows at the start. The list then keeps its distance to
 * the end.
 */
function usePrepended(rows: readonly Row[]): boolean {
  const first = rows[0]?.message?.seq;
  const last = useRef(first);
  const prepended = first !== undefined && last.current !== undefined && first < last.current;
  useEffect(() => {
    last.current = first;
  });
  return prepended;
}
