import { ArrowDown } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { tickOf } from "../../client/index.ts";
import type { Conversation } from "../../protocol.ts";
import { Bubble } from "../chat/Bubble.tsx";
import { MessageActionsContext } from "../chat/composing.ts";
import { rowsOf } from "../chat/rows.ts";
import { useUnsent } from "../chat/shown.ts";
import { StatusLine } from "../chat/StatusLine.tsx";
import { useChat } from "../chat-context.ts";
import { dayLabel } from "../format.ts";
import { useToday } from "../now.ts";
import { usePlace } from "./place.ts";

/**
 * The messages around one that was found, to read. Loading all that lies between it and the newest
 * message could take minutes.
 */
export default function FoundPlace({ conversation, seq, onGo, onLeave }: { conversation: Conversation; seq: number; onGo: (seq: number) => void; onLeave: () => void }) {
  const me = useChat((state) => state.me);
  const today = useToday();
  const { messages, changes, hasEarlier, hasLater, progress, load } = usePlace(conversation.id, seq);
  const rows = useMemo(() => rowsOf({ messages, changes, desk: [], hasOlder: hasEarlier }, []), [messages, changes, hasEarlier]);
  const actions = useMemo(() => ({ changeable: false, reply: nothing, rewrite: nothing, react: nothing, goTo: onGo }), [onGo]);
  const frame = useRef<HTMLDivElement>(null);
  useShownFirst(frame, seq, messages.length > 0);
  useKeptInPlace(frame, rows[0]?.key);
  useLeaveOnWriting(conversation.id, onLeave);
  const more = (which: "earlier" | "later", label: string) => (
    <button type="button" className="link-button" disabled={progress === "loading"} onClick={() => load(which)}>
      {label}
    </button>
  );
  return (
    <MessageActionsContext value={actions}>
      <div className="messages-frame">
        <div ref={frame} className="messages" role="region" aria-label="Messages around the one that was found" tabIndex={0}>
          <div className="older">
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
        <button type="button" className="to-end" onClick={onLeave}>
          <ArrowDown size={16} aria-hidden />
          Back to the newest messages
        </button>
      </div>
    </MessageActionsContext>
  );
}

const nothing = () => undefined;

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

/** Leaves the place when the person writes a message, which is shown with the newest ones. */
function useLeaveOnWriting(id: string, onLeave: () => void): void {
  const writtenAt = useUnsent(id).at(-1)?.writtenAt ?? 0;
  const [opened] = useState(writtenAt);
  useEffect(() => {
    if (writtenAt > opened) onLeave();
  }, [writtenAt, opened, onLeave]);
}
