import { ChevronDown, Search, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { isSamePerson } from "../../client/index.ts";
import type { ConversationId, FoundMessage } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { date, fullTime, time } from "../format.ts";
import { useWide } from "../media.ts";
import { excerpt } from "./excerpt.ts";
import { type MessageSearch, useMessageSearch } from "./message-search.ts";

/**
 * The search among the messages of a conversation: a field, and what was found. `onGo` shows a message.
 */
export default function FindPanel({
  id,
  asked,
  onGo,
  onClose,
}: {
  id: ConversationId;
  /** The field gets the focus when this changes. */
  asked: number;
  onGo: (seq: number) => void;
  onClose: () => void;
}) {
  const [words, setWords] = useState("");
  const [shownSeq, setShownSeq] = useState<number>();
  const [collapsed, setCollapsed] = useState(false);
  const wide = useWide();
  const search = useMessageSearch(id, words);
  const panel = useRef<HTMLElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [asked]);
  const results = () => [...(panel.current?.querySelectorAll<HTMLElement>(".found button") ?? [])];
  const go = (seq: number) => {
    setShownSeq(seq);
    // On a phone the results would cover the message.
    setCollapsed(!wide);
    onGo(seq);
  };
  const expand = () => {
    setCollapsed(false);
    requestAnimationFrame(() => panel.current?.querySelector<HTMLElement>(".found [aria-current]")?.focus());
  };
  const goesFurther = search.hasMore || search.progress === "failed";
  useEffect(() => {
    // The button that goes further is gone.
    if (!goesFurther && document.activeElement === document.body) field.current?.focus();
  }, [goesFurther]);
  const searching = search.progress === "searching";
  const pressed = (event: KeyboardEvent) => {
    // While a word is being composed, the keys belong to the input method.
    if (event.nativeEvent.isComposing || event.keyCode === 229 || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter" && event.target === field.current) {
      // On a phone the keyboard covers what was found.
      if (wide) results()[0]?.focus();
      else field.current.blur();
    }
    else if (step !== 0) {
      const all = results();
      const at = all.indexOf(document.activeElement as HTMLElement);
      const next = at + step < 0 ? field.current : all[Math.min(all.length - 1, at + step)];
      next?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const keys = { onKeyDown: pressed };
  return (
    <search ref={panel} className="find" aria-label="Search the messages" {...keys}>
      <div className="find-line">
        <label className="search">
          <Search size={18} aria-hidden />
          <span className="visually-hidden">Search the messages of this order</span>
          <input
            ref={field}
            type="search"
            enterKeyHint="search"
            placeholder="Search the messages"
            value={words}
            onFocus={() => setCollapsed(false)}
            onChange={(event) => {
              setWords(event.target.value);
              setShownSeq(undefined);
            }}
          />
        </label>
        {collapsed && search.found.length > 0 && (
          <button type="button" className="icon-button" title="Show what was found" onClick={expand}>
            <ChevronDown size={18} aria-hidden />
            <span className="visually-hidden">Show what was found</span>
          </button>
        )}
        <button type="button" className="icon-button" title="Close the search" onClick={onClose}>
          <X size={18} aria-hidden />
          <span className="visually-hidden">Close the search</span>
        </button>
      </div>
      <p className={collapsed ? "visually-hidden" : "find-state"} role="status">
        {wordsFor(search)}
      </p>
      {!collapsed && search.found.length > 0 && (
        <ul className="found">
          {search.found.map((item) => (
            <li key={item.message.seq}>
              <Found item={item} current={item.message.seq === shownSeq} onGo={() => go(item.message.seq)} />
            </li>
          ))}
        </ul>
      )}
      {!collapsed && goesFurther && (
        <button type="button" className="button find-further" aria-disabled={searching} onClick={() => !searching && search.searchFurther()}>
          {search.progress === "failed" ? "Try again" : "Search older messages"}
        </button>
      )}
    </search>
  );
}

function wordsFor({ found, progress, hasMore }: MessageSearch): string {
  const count = found.length === 1 ? "1 message" : `${found.length} messages`;
  if (progress === "none") return "Type two characters or more.";
  if (progress === "searching") return found.length === 0 ? "Searching…" : `${count} so far…`;
  if (progress === "failed") return "The messages could not be searched.";
  if (found.length === 0) return hasMore ? "Nothing found so far." : "No message has these words.";
  return hasMore ? `${count} so far` : `${count} found`;
}

function Found({ item: { message, matches }, current, onGo }: { item: FoundMessage; current: boolean; onGo: () => void }) {
  const me = useChat((state) => state.me);
  return (
    <button type="button" aria-current={current || undefined} onClick={onGo}>
      <span className="found-about">
        <bdi>{isSamePerson(message.sender, me) ? "You" : message.sender.name}</bdi>
        <time dateTime={message.createdAt} title={fullTime(message.createdAt)}>
          {date(message.createdAt)}, {time(message.createdAt)}
        </time>
      </span>
      <span className="found-text" dir="auto">
        {excerpt(message.body, matches).map(({ text, found }, index) => (found ? <mark key={index}>{text}</mark> : text))}
      </span>
    </button>
  );
}
