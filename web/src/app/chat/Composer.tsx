import { Lock, SendHorizontal } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import type { Conversation } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";
import { useMedia } from "../media.ts";
import { withoutControls } from "../text.ts";

/** The maximum length of a message, in characters. */
const MAX_LENGTH = 4_000;

/** The number of characters left is shown from this length on. */
const SHOW_REMAINING_FROM = 3_600;

/**
 * Matches devices that probably have a physical keyboard. On-screen keyboards have no Shift+Enter,
 * so there Enter inserts a line break and the button sends.
 */
const PHYSICAL_KEYBOARD = "(hover: hover) and (pointer: fine)";

/** The composer. With `focus` it takes the focus, unless another field has it. */
export function Composer({ conversation, ready, focus }: { conversation: Conversation; ready: boolean; focus: boolean }) {
  const client = useClient();
  const { id } = conversation;
  const text = useChat((state) => state.drafts.get(id) ?? "");
  const entersSend = useMedia(PHYSICAL_KEYBOARD);
  const field = useRef<HTMLTextAreaElement>(null);
  const length = [...text].length;
  const sendable = ready && text.trim() !== "" && length <= MAX_LENGTH;

  useEffect(() => {
    if (!focus || !matchMedia(PHYSICAL_KEYBOARD).matches) return;
    // Do not take the focus from another field.
    if (document.activeElement?.matches("input, textarea, select") === true) return;
    field.current?.focus({ preventScroll: true });
  }, [focus]);
  useGrowing(field, text);

  const send = () => {
    if (!sendable) return;
    client.send(id, text);
    client.setDraft(id, "");
    field.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    // Safari ends an IME composition before the Enter key that confirms it. Only key code 229 shows
    // that this Enter must not send.
    const composing = event.nativeEvent.isComposing || event.keyCode === 229;
    if (!entersSend || event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    send();
  };
  if (conversation.status === "closed") {
    return (
      <p className="composer-closed">
        <Lock size={16} aria-hidden />
        This conversation is closed.
      </p>
    );
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        enterKeyHint={entersSend ? "send" : "enter"}
        placeholder="Write a message"
        aria-label="Message"
        aria-describedby="composer-help"
        aria-invalid={length > MAX_LENGTH || undefined}
        onChange={(event) => {
          const value = withoutControls(event.target.value);
          client.setDraft(id, value);
          client.setTyping(id, value.trim() !== "");
        }}
        onKeyDown={key}
      />
      <span id="composer-help" className="visually-hidden">
        {entersSend ? "Press Enter to send, Shift+Enter for a new line." : "Press Enter for a new line. Use the button to send."}
      </span>
      {length > SHOW_REMAINING_FROM && (
        <span className="composer-left" data-over={length > MAX_LENGTH || undefined} role="status">
          {MAX_LENGTH - length}
        </span>
      )}
      <button type="submit" className="send" disabled={!sendable} aria-label="Send">
        <SendHorizontal size={20} aria-hidden />
      </button>
    </form>
  );
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
