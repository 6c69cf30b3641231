import { MessageSquareQuote } from "lucide-react";
import { type KeyboardEvent, type RefObject, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";
import type { CannedResponse, Conversation } from "../../protocol.ts";
import { useChat, useLatest } from "../chat-context.ts";
import type { Completion } from "../chat/completion.ts";
import { useCannedResponses } from "../desk/shop.ts";
import { CannedList, LIST_ID, optionId } from "./CannedList.tsx";
import { filledIn, placeholdersIn } from "./placeholders.ts";
import { ranked } from "./ranking.ts";
import { inserted } from "./slash.ts";
import { useSlash } from "./slash-in-field.ts";
import { valuesOf } from "./values.ts";

/** The most quick replies that are shown. */
const MOST_QUICK = 5;

const NONE: readonly CannedResponse[] = [];

/**
 * Canned responses over the composer: a list that a slash opens, a button for it, and the quick
 * replies. All of them insert a text and send nothing.
 */
export default function CannedResponses({
  conversation,
  field,
  text,
  onText,
  onCompletion,
}: {
  conversation: Conversation;
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  onText: (text: string) => void;
  onCompletion: (completion: Completion | undefined) => void;
}) {
  const me = useChat((state) => state.me);
  const responses = useCannedResponses().data?.items ?? NONE;
  const [slash, close] = useSlash(field, text);
  const shown = slash === undefined ? NONE : ranked(responses, slash.typed);
  const [chosen, setChosen] = useState({ typed: "", index: 0 });
  const index = chosen.typed === slash?.typed ? Math.min(chosen.index, shown.length - 1) : 0;

  const insert = (response: CannedResponse, at: { start: number; end: number }) => {
    const filled = filledIn(response.body, valuesOf(conversation, me));
    const next = inserted(text, at, filled);
    flushSync(() => onText(next.text));
    const element = field.current;
    element?.focus({ preventScroll: true });
    // The first thing to fill in is selected.
    const [missing] = placeholdersIn(filled);
    const from = missing === undefined ? next.caret : at.start + filled.indexOf(missing);
    element?.setSelectionRange(from, from + (missing?.length ?? 0));
  };
  const atCaret = () => {
    const end = text.length;
    return { start: field.current?.selectionStart ?? end, end: field.current?.selectionEnd ?? end };
  };
  const toggle = () => {
    if (slash !== undefined) return insertText("", slash);
    const at = atCaret();
    insertText(/^$|\s$/.test(text.slice(0, at.start)) ? "/" : " /", at);
  };
  const insertText = (what: string, at: { start: number; end: number }) => {
    const next = inserted(text, at, what);
    flushSync(() => onText(next.text));
    field.current?.focus({ preventScroll: true });
    field.current?.setSelectionRange(next.caret, next.caret);
  };
  const key = (event: KeyboardEvent): boolean => {
    const response = shown[index];
    if (slash === undefined) return false;
    if (event.key === "Escape") close();
    else if (response === undefined || event.shiftKey) return false;
    else if (event.key === "Enter" || event.key === "Tab") insert(response, slash);
    else if (event.key === "ArrowDown") setChosen({ typed: slash.typed, index: (index + 1) % shown.length });
    else if (event.key === "ArrowUp") setChosen({ typed: slash.typed, index: (index + shown.length - 1) % shown.length });
    else return false;
    return true;
  };
  const option = shown[index] === undefined ? undefined : optionId(shown[index].id);
  const latestKey = useLatest(key);
  // Before the list is painted, so that its first key counts.
  useLayoutEffect(() => {
    if (option === undefined) return;
    onCompletion({ list: LIST_ID, option, key: (event) => latestKey.current(event) });
    return () => onCompletion(undefined);
  }, [option, latestKey, onCompletion]);

  const quick = [...responses].filter(({ quickReply }) => quickReply).sort((one, other) => Number(other.personal) - Number(one.personal));
  return (
    <>
      <button
        type="button"
        className="canned-open"
        aria-label="Canned responses"
        aria-expanded={slash !== undefined}
        title="Canned responses (/)"
        onMouseDown={(event) => event.preventDefault()}
        onClick={toggle}
      >
        <MessageSquareQuote size={16} aria-hidden />
      </button>
      {quick.length > 0 && (
        <ul className="quick-replies" aria-label="Quick replies">
          {quick.slice(0, MOST_QUICK).map((response) => (
            <li key={response.id}>
              <button type="button" title={response.body} onMouseDown={(event) => event.preventDefault()} onClick={() => insert(response, atCaret())}>
                <bdi>{response.title}</bdi>
              </button>
            </li>
          ))}
        </ul>
      )}
      {slash !== undefined && (shown.length > 0 || slash.typed === "") && (
        <CannedList responses={shown} chosen={option} onChoose={(response) => insert(response, slash)} />
      )}
    </>
  );
}
