import * as Menu from "@radix-ui/react-dropdown-menu";
import { Copy, Pencil, Reply, Trash2 } from "lucide-react";
import { type FocusEvent, type KeyboardEvent, useRef, useState } from "react";
import { isSamePerson } from "../../client/index.ts";
import type { Emoji, Message } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";
import { ConfirmDialog } from "../parts/ConfirmDialog.tsx";
import { type Composing, editing, isEditable, useMessageActions } from "./composing.ts";

const EMOJI: readonly Emoji[] = ["👍", "❤️", "😂", "😮", "😢", "🙏", "🎉", "✅"];

/** The menu of one message, at the element `at`. It is loaded when it is needed for the first time. */
export default function MessageMenu({
  message,
  at,
  onCompose,
  onClose,
}: {
  message: Message;
  at: HTMLElement;
  onCompose: (composing: Composing) => void;
  onClose: () => void;
}) {
  const client = useClient();
  const actions = useMessageActions();
  const me = useChat((state) => state.me);
  const [now] = useState(() => Date.now() + client.state.clockOffset);
  const [deleting, setDeleting] = useState(false);
  const confirmed = useRef(false);
  /** True until the menu has the focus, if the keyboard has opened it. */
  const byKeyboard = useRef(document.activeElement?.matches(":focus-visible") === true);
  const [list] = useState(() => at.closest<HTMLElement>(".messages"));
  /** True if the composer gets the focus, so that it does not go back. */
  const composes = useRef(false);
  const mine = isSamePerson(message.sender, me);
  const area = at.closest(".bubble")?.getBoundingClientRect() ?? at.getBoundingClientRect();

  const focusFirst = (event: FocusEvent<HTMLElement>) => {
    if (!byKeyboard.current) return;
    byKeyboard.current = false;
    event.currentTarget.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
  };
  const compose = (composing: Composing) => {
    composes.current = true;
    onCompose(composing);
  };
  if (deleting) {
    const close = () => {
      if (confirmed.current) client.change(message.conversationId, { seq: message.seq }, { delete: {} });
      onClose();
      // The button of a deleted message is gone.
      (confirmed.current ? list : at)?.focus({ preventScroll: true });
    };
    return (
      <ConfirmDialog title="Delete this message?" yes="Delete" no="Keep it" onYes={() => (confirmed.current = true)} onClose={close}>
        It is deleted for everybody. This cannot be undone.
      </ConfirmDialog>
    );
  }
  return (
    <Menu.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <Menu.Trigger asChild>
        <span className="menu-anchor" aria-hidden style={{ left: area.left, top: area.top, width: area.width, height: area.height }} />
      </Menu.Trigger>
      <Menu.Content
        onFocus={focusFirst}
        className="menu message-menu"
        aria-labelledby={undefined}
        aria-label="Message"
        align={at.closest("[data-side=right]") === null ? "start" : "end"}
        sideOffset={6}
        collisionPadding={8}
        loop
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          if (!composes.current) at.focus({ preventScroll: true });
        }}
      >
        {actions.changeable && (
          <Menu.Group className="emoji-row" aria-label="React">
            {EMOJI.map((emoji) => (
              <Menu.CheckboxItem
                key={emoji}
                className="emoji"
                checked={message.reactions?.some((reaction) => reaction.emoji === emoji && reaction.by.some((person) => isSamePerson(person, me))) ?? false}
                onKeyDown={moveInRow}
                onSelect={() => actions.react(message, emoji)}
              >
                {emoji}
              </Menu.CheckboxItem>
            ))}
          </Menu.Group>
        )}
        {actions.changeable && (
          <Menu.Item className="menu-item" onSelect={() => compose({ kind: "message", replyTo: message.seq })}>
            <Reply size={16} aria-hidden />
            Reply
          </Menu.Item>
        )}
        {actions.changeable && mine && isEditable(message, now) && (
          <Menu.Item className="menu-item" onSelect={() => compose(editing(message))}>
            <Pencil size={16} aria-hidden />
            Edit
          </Menu.Item>
        )}
        <Menu.Item className="menu-item" onSelect={() => copy(message.body)}>
          <Copy size={16} aria-hidden />
          Copy
        </Menu.Item>
        {actions.changeable && (mine || me.role === "admin") && (
          <Menu.Item
            className="menu-item menu-danger"
            onSelect={(event) => {
              event.preventDefault();
              setDeleting(true);
            }}
          >
            <Trash2 size={16} aria-hidden />
            Delete
          </Menu.Item>
        )}
      </Menu.Content>
    </Menu.Root>
  );
}

/** Copies a text. Pages over plain HTTP have no `navigator.clipboard`; there a field is copied from. */
function copy(text: string): void {
  if ("clipboard" in navigator) {
    navigator.clipboard.writeText(text).catch(() => undefined);
    return;
  }
  const field = document.body.appendChild(document.createElement("textarea"));
  field.value = text;
  field.select();
  document.execCommand("copy");
  field.remove();
}

/** The emoji stand in a row, so the left and right arrow keys move too. */
function moveInRow(event: KeyboardEvent<HTMLElement>): void {
  const { previousElementSibling: before, nextElementSibling: after } = event.currentTarget;
  const next = event.key === "ArrowLeft" ? before : event.key === "ArrowRight" ? after : null;
  if (next instanceof HTMLElement) next.focus();
}
