import { ArrowDown } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { tickOf } from "../../client/index.ts";
import type { Conversation } from "../../protocol.ts";
import { Bubble } from "../chat/Bubble.tsx";
import { type MessageActions, MessageActionsContext, READ_ONLY } from "../chat/composing.ts";
import { rowsOf } from "../chat/rows.ts";
import { useUnsent } from "../chat/shown.ts";
import { StatusLine } from "../chat/StatusLine.tsx";
import { newMessages } from "../chat/unread-line.ts";
import { useChat } from "../chat-context.ts";
import { dayLabel } from "../format.ts";
import { useToday } from "../now.ts";
import { useSurroundings } from "./surroundings.ts";

/**
 * The messages around one that was found, to read. Loading all that lies between it and the newest
 * message could take minutes.
 */
export default function SurroundingMessages({ conversation, seq, onGo, onLeave }: { conversation: Conversation; seq: number; onGo: (seq: number) => void; onLeave: () => void }) {
  const me = useChat((state) => state.me);
  const today = useToday();
  const unread = useChat((state) => state.conversations.get(conversation.id)?.unread ?? 0);
  const { messages, changes, others, hasEarlier, hasLater, progress, load } = useSurroundings(conversation.id, seq);
  const rows = useMemo(() => rowsOf({ messages, changes, desk: [], hasOlder: hasEarlier }, []), [messages, changes, hasEarlier]);
  const actions = useMemo((): MessageActions => {
    const shown = (wanted: number) => [...messages, ...others].find((message) => message.seq === wanted);
    return { ...READ_ONLY, goTo: onGo, shown };
  }, [onGo, messages, others]);
  const frame = useRef<HTMLDivElement>(null);
  useShownFirst(frame, seq, messages.length > 0);
  useKeptInPlace(frame, rows[0]?.key);
  useLeaveOnWriting(conversation.id, onLeave);
  useFocusKept(frame, hasEarlier, hasLater, progress);
  const busy = progress === "loading";
  const more = (which: "earlier" | "later", label: string) => (
    <button type="button" className="link-button" aria-disabled={busy} onClick={() => !busy && load(which)}>
      {label}
    </button>
  );
  return (
    <MessageActionsContext value={actions}>
      <div className="messages-frame">
        <div ref={frame} className="messages" role="region" aria-label="Messages around the one that was found" tabIndex={0}>
          <div className="older" role="status">
            {progress === "loading" && messages.length === 0 && "Loading the messages…"}
            {progress === "failed" && (
              <>
                The messages could not be loaded.
                <button type="button" className="link-button" onClick={() => load("again")}>
                  Try again
                </button>
              </>
            )}
            {hasEarlier && progress !== "failed" && more("earlier", "Earlier messages")}
          </div>
          <ol>
            {rows.map((row) => (
              <li key={row.key} className="entry" data-seq={row.message?.seq} data-marked={row.message?.seq === seq || undefined} tabIndex={row.message?.seq === seq ? -1 : undefined}>
                {row.day !== undefined && <p className="day">{dayLabel(row.day, today)}</p>}
                {row.message !== undefined && <Bubble message={row.message} me={me} tick={tickOf(row.message, conversation)} follows={row.follows} />}
                {row.status !== undefined && <StatusLine change={row.status} />}
              </li>
            ))}
          </ol>
          {hasLater && progress !== "failed" && <div className="older">{more("later", "Later messages")}</div>}
        </div>
        <button
          type="button"
          className="to-end"
          onClick={() => {
            onLeave();
            // The list has the same place.
            requestAnimationFrame(() => document.querySelector<HTMLElement>(".messages")?.focus({ preventScroll: true }));
          }}
        >
          <ArrowDown size={16} aria-hidden />
          {unread === 0 ? "Back to the newest messages" : newMessages(unread)}
        </button>
      </div>
    </MessageActionsContext>
  );
}

/** Scrolls to the message and focuses it, once it is there. */
function useShownFirst(frame: React.RefObject<HTMLElement | null>, seq: number, loaded: boolean): void {
  useLayoutEffect(() => {
    const entry = loaded ? frame.current?.querySelector<HTMLElement>(`[data-seq="${seq}"]`) : undefined;
    entry?.scrollIntoView({ block: "center" });
    entry?.focus({ preventScroll: true });
  }, [frame, seq, loaded]);
}

/** Keeps the visible messages where they are when earlier ones are added. */
function useKeptInPlace(frame: React.RefObject<HTMLElement | null>, firstKey: string | undefined): void {
  const before = useRef<{ key: string | undefined; height: number }>({ key: undefined, height: 0 });
  useLayoutEffect(() => {
    const list = frame.current;
    if (list === null) return;
    if (before.current.key !== undefined && before.current.key !== firstKey) list.scrollBy(0, list.scrollHeight - before.current.height);
    before.current = { key: firstKey, height: list.scrollHeight };
  });
}

/** Keeps the focus among the messages when a button that had it is gone. */
function useFocusKept(frame: React.RefObject<HTMLElement | null>, ...shown: readonly unknown[]): void {
  useEffect(() => {
    if (document.activeElement === document.body) frame.current?.focus({ preventScroll: true });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, shown);
}

/** Leaves them when the person writes a message, which is shown with the newest ones. */
function useLeaveOnWriting(id: string, onLeave: () => void): void {
  const writtenAt = useUnsent(id).at(-1)?.writtenAt ?? 0;
  const [opened] = useState(writtenAt);
  useEffect(() => {
    if (writtenAt > opened) onLeave();
  }, [writtenAt, opened, onLeave]);
}
