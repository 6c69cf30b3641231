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
export default function FindPanel({ id, onGo, onClose }: { id: ConversationId; onGo: (seq: number) => void; onClose: () => void }) {
  const [words, setWords] = useState("");
  const [gone, setGone] = useState<number>();
  const [folded, setFolded] = useState(false);
  const wide = useWide();
  const search = useMessageSearch(id, words);
  const panel = useRef<HTMLElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const results = () => [...(panel.current?.querySelectorAll<HTMLElement>(".found button") ?? [])];
  const go = (seq: number) => {
    setGone(seq);
    // On a phone the results would cover the message.
    setFolded(!wide);
    onGo(seq);
  };
  const pressed = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Escape") onClose();
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
            onFocus={() => setFolded(false)}
            onChange={(event) => {
              setWords(event.target.value);
              setGone(undefined);
            }}
          />
        </label>
        {folded && search.found.length > 0 && (
          <button type="button" className="icon-button" title="Show what was found" onClick={() => setFolded(false)}>
            <ChevronDown size={18} aria-hidden />
            <span className="visually-hidden">Show what was found</span>
          </button>
        )}
        <button type="button" className="icon-button" title="Close the search" onClick={onClose}>
          <X size={18} aria-hidden />
          <span className="visually-hidden">Close the search</span>
        </button>
      </div>
      <p className={folded ? "visually-hidden" : "find-state"} role="status">
        {wordsFor(search)}
      </p>
      {!folded && search.found.length > 0 && (
        <ul className="found">
          {search.found.map((item) => (
            <li key={item.message.seq}>
              <Found item={item} current={item.message.seq === gone} onGo={() => go(item.message.seq)} />
            </li>
          ))}
        </ul>
      )}
      {!folded && search.progress !== "searching" && (search.hasMore || search.progress === "failed") && (
        <button type="button" className="button find-further" onClick={search.searchFurther}>
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
