import { Lock, SendHorizontal } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { personKey } from "../../client/index.ts";
import type { Conversation } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";
import { withoutControls } from "../text.ts";

/** The longest message, in characters. */
const LONGEST = 4_000;

/** From here on it is said how many characters are left. */
const NEARLY = 3_600;

/** What each person was writing in each conversation, for as long as the page lives: it outlives the log-in. */
const drafts = new Map<string, string>();

/** Where a message is written. Enter sends, Shift+Enter breaks the line. */
export function Composer({ conversation, ready }: { conversation: Conversation; ready: boolean }) {
  const client = useClient();
  const { id } = conversation;
  const me = useChat((state) => state.me);
  const draft = `${personKey(me)}/${id}`;
  const [text, setText] = useState(drafts.get(draft) ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const length = [...text].length;
  const sendable = ready && text.trim() !== "" && length <= LONGEST;

  useEffect(() => {
    // Whoever writes somewhere else goes on there.
    if (document.activeElement?.matches("input, textarea, select") === true) return;
    if (matchMedia("(hover: hover)").matches) field.current?.focus({ preventScroll: true });
  }, []);

  const write = (value: string) => {
    setText(value);
    drafts.set(draft, value);
  };
  const send = () => {
    if (!sendable) return;
    client.send(id, text);
    write("");
    field.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    // Safari ends a composition before the Enter that ended it: only the key's code tells that it is not one to send.
    const composing = event.nativeEvent.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
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
        placeholder="Write a message"
        aria-label="Message"
        aria-describedby="composer-help"
        aria-invalid={length > LONGEST || undefined}
        onChange={(event) => {
          const value = withoutControls(event.target.value);
          write(value);
          client.setTyping(id, value.trim() !== "");
        }}
        onKeyDown={key}
      />
      <span id="composer-help" className="visually-hidden">
        Enter sends, Shift and Enter breaks the line.
      </span>
      {length > NEARLY && (
        <span className="composer-left" data-over={length > LONGEST || undefined} role="status">
          {LONGEST - length}
        </span>
      )}
      <button type="submit" className="send" disabled={!sendable} aria-label="Send">
        <SendHorizontal size={20} aria-hidden />
      </button>
    </form>
  );
}
