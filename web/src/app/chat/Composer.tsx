import { Lock, Pencil, Reply, SendHorizontal, X } from "lucide-react";
import { type KeyboardEvent, type RefObject, Suspense, lazy, useEffect, useLayoutEffect, useRef, useState } from "react";
import { type PendingMessage, type State, isSamePerson, noteDraft } from "../../client/index.ts";
import type { Conversation, ConversationId, Message } from "../../protocol.ts";
import { placeholdersIn } from "../canned/placeholders.ts";
import { UNFILLED_ID, Unfilled } from "../canned/Unfilled.tsx";
import { useChat, useClient } from "../chat-context.ts";
import { useMedia } from "../media.ts";
import { withoutControls } from "../text.ts";
import type { Completion } from "./completion.ts";
import { type Composing, WRITING, editing, isEditable } from "./composing.ts";
import { Quoted, useMessage } from "./Quote.tsx";

/** Only admins have canned responses. */
const CannedResponses = lazy(() => import("../canned/CannedResponses.tsx"));

/** The maximum length of a message, in characters. */
const MAX_LENGTH = 4_000;

/** The number of characters left is shown from this length on. */
const SHOW_REMAINING_FROM = 3_600;

/**
 * Matches devices that probably have a physical keyboard. On-screen keyboards have no Shift+Enter,
 * so there Enter inserts a line break and the button sends.
 */
const PHYSICAL_KEYBOARD = "(hover: hover) and (pointer: fine)";

/**
 * The composer: for a message, an edit of one, or an admin's note. With `focus` it takes the focus,
 * unless another field has it.
 */
export function Composer({
  conversation,
  ready,
  focus,
  composing,
  onCompose,
}: {
  conversation: Conversation;
  ready: boolean;
  focus: boolean;
  composing: Composing;
  onCompose: (composing: Composing) => void;
}) {
  const client = useClient();
  const { id } = conversation;
  const isAdmin = useChat((state) => state.me.role === "admin");
  const closed = conversation.status === "closed";
  // In a closed conversation an admin can still write notes.
  const now: Composing = closed && isAdmin ? { kind: "note" } : composing;
  const { kind } = now;
  const draft = kind === "note" ? noteDraft(id) : id;
  const drafted = useChat((state) => state.drafts.get(draft) ?? "");
  const text = kind === "edit" ? now.text : drafted;
  const entersSend = useMedia(PHYSICAL_KEYBOARD);
  const field = useRef<HTMLTextAreaElement>(null);
  const length = [...text].length;
  // A placeholder of a canned response is never sent to a customer.
  const unfilled = isAdmin && kind !== "note" && placeholdersIn(text).length > 0;
  const sendable = ready && text.trim() !== "" && length <= MAX_LENGTH && !unfilled;
  const [completion, setCompletion] = useState<Completion>();
  const words = WORDS[kind];

  useEffect(() => {
    if (!focus || !matchMedia(PHYSICAL_KEYBOARD).matches) return;
    // Do not take the focus from another field.
    if (document.activeElement?.matches("input, textarea, select") === true) return;
    field.current?.focus({ preventScroll: true });
  }, [focus]);
  const target = kind === "edit" ? JSON.stringify(now.of) : kind === "message" ? now.replyTo : undefined;
  useEffect(() => {
    // Somebody has chosen a message to reply to or to edit.
    if (target === undefined) return;
    field.current?.focus({ preventScroll: true });
    field.current?.setSelectionRange(field.current.value.length, field.current.value.length);
  }, [target]);
  useGrowing(field, text);

  const write = (value: string) => {
    if (kind === "edit") return onCompose({ ...now, text: value });
    client.setDraft(draft, value);
    if (kind === "message") client.setTyping(id, value.trim() !== "");
  };
  const send = () => {
    if (!sendable) return;
    if (kind === "edit") {
      if (text !== now.before) client.change(id, now.of, { edit: { body: text } });
    } else {
      if (kind === "note") client.addNote(id, text);
      else client.send(id, text, now.replyTo);
      client.setDraft(draft, "");
    }
    // The next text is a note too, so that it is not sent to the customer by mistake.
    if (kind !== "note") onCompose(WRITING);
    field.current?.focus();
  };
  const cancel = () => {
    onCompose(WRITING);
    field.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    // Safari ends an IME composition before the Enter key that confirms it. Only key code 229 shows
    // that this Enter must not send.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (completion?.key(event) === true) event.preventDefault();
    if (event.defaultPrevented) return;
    if (event.key === "Escape" && target !== undefined) cancel();
    else if (event.key === "ArrowUp" && text === "" && kind === "message") {
      const last = lastEditable(client.state, id);
      if (last !== undefined) onCompose(editing(last));
    } else if (event.key === "Enter" && entersSend && !event.shiftKey) send();
    else return;
    event.preventDefault();
  };
  const locked = (
    <p className="composer-closed">
      <Lock size={16} aria-hidden />
      This conversation is closed.
    </p>
  );
  if (closed && !isAdmin) return locked;
  return (
    <>
      {closed && locked}
      <form
        className="composer"
        data-kind={kind}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {isAdmin && !closed && kind !== "edit" && (
          <div className="composer-top">
            <Kinds kind={kind} onChange={(next) => onCompose({ kind: next })} />
            {kind === "message" && (
              <Suspense>
                <CannedResponses conversation={conversation} field={field} text={text} onText={write} onCompletion={setCompletion} />
              </Suspense>
            )}
          </div>
        )}
        {kind === "message" && now.replyTo !== undefined && <Replying id={id} seq={now.replyTo} onCancel={cancel} />}
        {kind === "edit" && (
          <p className="composing">
            <Pencil size={16} aria-hidden />
            <span className="composing-what">Editing your message</span>
            <Cancel label="Cancel editing" onCancel={cancel} />
          </p>
        )}
        {isAdmin && kind !== "note" && <Unfilled conversation={conversation} text={text} onText={write} />}
        <div className="composer-field">
          <textarea
            ref={field}
            rows={1}
            dir="auto"
            value={text}
            enterKeyHint={entersSend ? "send" : "enter"}
            placeholder={words.placeholder}
            aria-label={words.label}
            aria-describedby={unfilled ? `${UNFILLED_ID} composer-help` : "composer-help"}
            aria-invalid={length > MAX_LENGTH || unfilled || undefined}
            {...(completion && { "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": completion.list, "aria-activedescendant": completion.option })}
            onChange={(event) => write(withoutControls(event.target.value))}
            onKeyDown={key}
          />
          <span id="composer-help" className="visually-hidden">
            {entersSend ? `Press Enter to ${words.verb}, Shift+Enter for a new line.` : "Press Enter for a new line. Use the button to send."}
            {target !== undefined && " Press Escape to cancel."}
          </span>
          {length > SHOW_REMAINING_FROM && (
            <span className="composer-left" data-over={length > MAX_LENGTH || undefined} role="status">
              {MAX_LENGTH - length}
            </span>
          )}
          {kind === "message" ? (
            <button type="submit" className="send" disabled={!sendable} aria-label="Send">
              <SendHorizontal size={20} aria-hidden />
            </button>
          ) : (
            <button type="submit" className="button send-words" disabled={!sendable}>
              {kind === "note" ? "Add note" : "Save"}
            </button>
          )}
        </div>
      </form>
    </>
  );
}

const WORDS = {
  message: { label: "Message", placeholder: "Write a message", verb: "send" },
  edit: { label: "Edit message", placeholder: "Write a message", verb: "save" },
  note: { label: "Note", placeholder: "Write a note that only the shop sees", verb: "add the note" },
} as const;

/** The switch between a message to the customer and a note for the other admins. */
function Kinds({ kind, onChange }: { kind: Composing["kind"]; onChange: (kind: "message" | "note") => void }) {
  return (
    <fieldset className="kinds">
      <legend className="visually-hidden">What do you write?</legend>
      {(["message", "note"] as const).map((each) => (
        <label key={each}>
          <input type="radio" name="kind" checked={kind === each} onChange={() => onChange(each)} />
          <span>{each === "message" ? "Message" : "Note"}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Replying({ id, seq, onCancel }: { id: ConversationId; seq: number; onCancel: () => void }) {
  const quoted = useMessage(id, seq);
  return (
    <div className="composing">
      <Reply size={16} aria-hidden />
      <span className="visually-hidden">Replying to </span>
      <span className="composing-what quote">
        <Quoted message={quoted} />
      </span>
      <Cancel label="Cancel the reply" onCancel={onCancel} />
    </div>
  );
}

function Cancel({ label, onCancel }: { label: string; onCancel: () => void }) {
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} onClick={onCancel}>
      <X size={16} aria-hidden />
    </button>
  );
}

/** Returns the person's last message if they may still edit it. It may not be stored yet. */
function lastEditable({ me, outbox, timelines, clockOffset }: State, id: ConversationId): Message | PendingMessage | undefined {
  const unsent = outbox.findLast(({ conversationId, failed }) => conversationId === id && failed === undefined);
  const last = timelines.get(id)?.messages.findLast((message) => isSamePerson(message.sender, me) && message.deleted === undefined);
  if (unsent !== undefined || last === undefined) return unsent;
  return isEditable(last, Date.now() + clockOffset) ? last : undefined;
}

/** Sets the field's height to that of its text, in browsers without `field-sizing`. */
function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null || CSS.supports("field-sizing", "content")) return;
    element.style.setProperty("height", "auto");
    const borders = element.offsetHeight - element.clientHeight;
    element.style.setProperty("height", `${element.scrollHeight + borders}px`);
  }, [field, text]);
}
