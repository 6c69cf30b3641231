import { ArrowDown, ArrowUp } from "lucide-react";
import { Suspense, createContext, lazy, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { type CustomItemComponentProps, Virtualizer, type VirtualizerHandle } from "virtua";
import { EMPTY_TIMELINE, isSamePerson, tickOf } from "../../client/index.ts";
import type { Conversation } from "../../protocol.ts";
import { useChat, useLatest } from "../chat-context.ts";
import { DeskLine } from "../desk/DeskLine.tsx";
import { dayLabel } from "../format.ts";
import { useToday } from "../now.ts";
import { Bubble } from "./Bubble.tsx";
import { type Composing, MessageActionsContext } from "./composing.ts";
import { useGoTo } from "./go-to.ts";
import { useActionsOf } from "./message-actions.ts";
import { messageKeys } from "./message-keys.ts";
import { NoteBubble, PendingNoteBubble } from "./NoteBubble.tsx";
import { OlderMessages, useOlder } from "./OlderMessages.tsx";
import { PendingBubble } from "./PendingBubble.tsx";
import { useReading } from "./reading.ts";
import { type ListPosition, type Row, positionOf, rowsOf, withUnreadLine } from "./rows.ts";
import { useScrolling } from "./scrolling.ts";
import { useShown, useUnsent } from "./shown.ts";
import { StatusLine } from "./StatusLine.tsx";
import { type Opening, newMessages, useOpening, useUnread } from "./unread-line.ts";

/** Loaded when a person opens the menu of a message for the first time. */
const MessageMenu = lazy(() => import("./MessageMenu.tsx"));

/** Older messages are loaded when the scroll offset is below this, in pixels. */
const NEAR_START = 1_200;

/**
 * Rows are rendered this far outside the visible area, in pixels. They are measured before they
 * become visible, also during fast scrolling.
 */
const OVERSCAN = 1_000;

/** The fixed height of the area above the oldest message, in pixels. */
const TOP_HEIGHT = 44;

/** A message to go to. A new object goes to it again. */
export interface Target {
  readonly seq: number;
}

/**
 * A virtualized list of a chat's messages. It opens at the first unread message, or at the newest.
 */
export function MessageList({ conversation, target, onCompose }: { conversation: Conversation; target?: Target | undefined; onCompose: (composing: Composing) => void }) {
  const { id } = conversation;
  const me = useChat((state) => state.me);
  const timeline = useChat((state) => state.timelines.get(id) ?? EMPTY_TIMELINE);
  const unread = useChat((state) => state.conversations.get(id)?.unread ?? 0);
  const [readSeq] = useState(() => conversation.participants.find((each) => isSamePerson(each, me))?.readSeq ?? 0);
  const opening = useOpening(conversation, { timeline, readSeq, unread, role: me.role });
  if (opening !== undefined) return <OpenedList conversation={conversation} opening={opening} readSeq={readSeq} unread={unread} target={target} onCompose={onCompose} />;
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
  target,
  onCompose,
}: {
  conversation: Conversation;
  opening: Opening;
  readSeq: number;
  unread: number;
  target: Target | undefined;
  onCompose: (composing: Composing) => void;
}) {
  const { id } = conversation;
  const me = useChat((state) => state.me);
  const today = useToday();
  const shown = useShown(id);
  const unsent = useUnsent(id);
  const writtenAt = unsent.at(-1)?.writtenAt ?? 0;
  const { line, unloaded, load } = useUnread(id, opening, { readSeq, role: me.role, writtenAt });
  const [loadingUnread, setLoadingUnread] = useState<"loading" | "failed">();
  const rows = useMemo(() => withUnreadLine(rowsOf(shown, unsent), line), [shown, unsent, line]);
  const position = useMemo(() => positionOf(shown, rows.length, unsent.length), [shown, rows.length, unsent.length]);
  const prepended = usePrepended(rows);
  const latest = useLatest(rows);

  const frame = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const { atEnd, toEnd, toRow, keepPlace, scrolled, resized } = useScrolling(frame, list, TOP_HEIGHT);
  const { older, load: loadOlder, again } = useOlder(id);
  const checkRead = useReading(id, frame);

  const [menu, setMenu] = useState<{ seq: number; at: HTMLElement }>();
  const { marked, going, goTo } = useGoTo(id, rows, toRow);
  useEffect(() => {
    if (target !== undefined) goTo(target.seq);
  }, [target, goTo]);
  const actions = useActionsOf(conversation, { onCompose, goTo, onMenu: setMenu });
  const chosen = menu && shown.messages.find(({ seq }) => seq === menu.seq);

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
  useLayoutEffect(() => (prepended ? keepPlace() : resized()), [rows, prepended, keepPlace, resized]);
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
    <MessageActionsContext value={actions}>
    <div className="messages-frame">
      <div ref={frame} className="messages" role="region" aria-label="Messages" tabIndex={0} {...messageKeys}>
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
              <div key={row.key} className="entry" data-seq={row.message?.seq} data-marked={(marked !== undefined && row.message?.seq === marked) || undefined}>
                {row.day !== undefined && <p className="day">{dayLabel(row.day, today)}</p>}
                {row.line !== undefined && (
                  <div className="unread-line" role="separator" aria-label={newMessages(row.line)}>
                    <span>{newMessages(row.line)}</span>
                  </div>
                )}
                {row.message !== undefined && (
                  <Bubble message={row.message} me={me} tick={tickOf(row.message, conversation)} follows={row.follows} />
                )}
                {row.status !== undefined && <StatusLine change={row.status} />}
                {row.note !== undefined && <NoteBubble note={row.note} />}
                {row.decided !== undefined && <DeskLine entry={row.decided} />}
                {row.unsent !== undefined && <PendingBubble unsent={row.unsent} follows={row.follows} />}
                {row.unsentNote !== undefined && <PendingNoteBubble note={row.unsentNote} />}
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
      {going !== undefined && (
        <p className="to-line" role="status">
          {going === "loading" ? "Loading the message…" : "The message could not be loaded."}
        </p>
      )}
      {chosen !== undefined && chosen.deleted === undefined && menu !== undefined && (
        <Suspense>
          <MessageMenu key={menu.seq} message={chosen} at={menu.at} onCompose={onCompose} onClose={() => setMenu(undefined)} />
        </Suspense>
      )}
      {!atEnd && (
        <button type="button" className="to-end" onClick={toEnd}>
          <ArrowDown size={16} aria-hidden />
          {unread === 0 ? "Go to newest" : newMessages(unread)}
        </button>
      )}
    </div>
    </MessageActionsContext>
  );
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

/**
 * Returns true if this rendering has added rows at the start. The list then keeps its distance to
 * the end.
 */
function usePrepended(rows: readonly Row[]): boolean {
  const first = rows[0]?.key;
  const last = useRef(first);
  const prepended = first !== last.current && rows.some(({ key }) => key === last.current);
  useEffect(() => {
    last.current = first;
  });
  return prepended;
}
