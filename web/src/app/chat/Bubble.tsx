import { Ellipsis, Reply, SmilePlus } from "lucide-react";
import { type MouseEvent, type RefObject, type TouchEvent, memo, useRef, useState } from "react";
import { type Tick, isSamePerson, sideOf } from "../../client/index.ts";
import type { Message, Person } from "../../protocol.ts";
import { fullTime, time } from "../format.ts";
import { useMessageActions } from "./composing.ts";
import { Linkified } from "./Linkified.tsx";
import { Quote } from "./Quote.tsx";
import { Reactions } from "./Reactions.tsx";
import { Ticks } from "./Ticks.tsx";

/** A finger that rests on a bubble for this time opens the menu, in milliseconds. */
const LONG_PRESS = 450;

/** The words in the place of a deleted message. */
export const DELETED = "This message was deleted";

/**
 * A stored message: one's own side on the right, the other side on the left, system messages in the
 * middle.
 */
export const Bubble = memo(function Bubble({
  message,
  me,
  tick,
  follows,
}: {
  message: Message;
  me: Person;
  tick: Tick;
  follows: boolean;
}) {
  const [near, setNear] = useState(false);
  const bubble = useRef<HTMLDivElement>(null);
  const hasMenu = useMessageActions().menu !== undefined;
  const press = useLongPress(message, bubble);
  if (message.kind !== "text") return <SystemMessage message={message} />;
  const { sender, deleted, editedAt } = message;
  const mine = isSamePerson(sender, me);
  const ours = sideOf(message) === me.role;
  return (
    <div
      className="line"
      data-side={ours ? "right" : "left"}
      data-follows={follows || undefined}
      onPointerEnter={(event) => setNear(event.pointerType === "mouse")}
      onPointerLeave={() => setNear(false)}
      onFocus={() => setNear(true)}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setNear(false);
      }}
    >
      {!mine && !follows && <Author person={sender} />}
      <div ref={bubble} className="bubble" data-deleted={deleted !== undefined || undefined} {...(deleted === undefined && hasMenu && press)}>
        {mine && <span className="visually-hidden">You: </span>}
        {message.replyTo !== undefined && deleted === undefined && <Quote id={message.conversationId} seq={message.replyTo} />}
        <p className="body" dir="auto">
          {deleted === undefined ? <Linkified text={message.body} /> : DELETED}
        </p>
        <p className="stamp">
          <time dateTime={message.createdAt} title={fullTime(message.createdAt)}>
            {time(message.createdAt)}
          </time>
          {editedAt !== undefined && deleted === undefined && (
            <span title={fullTime(editedAt)}>
              · edited {time(editedAt)}
            </span>
          )}
          {ours && deleted === undefined && <Ticks tick={tick} />}
        </p>
        {deleted === undefined && hasMenu && <Bar message={message} near={near} />}
      </div>
      {message.reactions !== undefined && <Reactions message={message} reactions={message.reactions} me={me} />}
    </div>
  );
});

/** The name above a bubble. */
export function Author({ person }: { person: Person }) {
  return (
    <p className="author">
      <bdi>{person.name}</bdi>
      {person.role === "admin" && <span className="admin-badge">Admin</span>}
    </p>
  );
}

/**
 * The buttons beside a bubble, for the mouse and the keyboard. Only the last one is always there, so
 * that the keyboard can reach it; see `useMessageKeys`.
 */
function Bar({ message, near }: { message: Message; near: boolean }) {
  const actions = useMessageActions();
  const more = useRef<HTMLButtonElement>(null);
  const menu = () => more.current !== null && actions.menu?.(message, more.current);
  return (
    <div className="bar" data-near={near || undefined}>
      {near && actions.changeable && (
        <>
          <button type="button" tabIndex={-1} aria-label="React" title="React" onClick={menu}>
            <SmilePlus size={17} aria-hidden />
          </button>
          <button type="button" tabIndex={-1} aria-label="Reply" title="Reply" onClick={() => actions.reply(message)}>
            <Reply size={17} aria-hidden />
          </button>
        </>
      )}
      <button
        ref={more}
        type="button"
        className="more"
        tabIndex={-1}
        aria-haspopup="menu"
        aria-label={`Options for the message of ${message.sender.name}: ${message.body.slice(0, 80)}`}
        title="More"
        onClick={menu}
      >
        <Ellipsis size={17} aria-hidden />
      </button>
    </div>
  );
}

/** Opens the menu of a message when a finger rests on its bubble. */
function useLongPress(message: Message, bubble: RefObject<HTMLElement | null>) {
  const actions = useMessageActions();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const opened = useRef(false);
  const cancel = () => clearTimeout(timer.current);
  return {
    onTouchStart: (event: TouchEvent) => {
      cancel();
      opened.current = false;
      if (event.touches.length > 1) return;
      timer.current = setTimeout(() => {
        opened.current = true;
        const more = bubble.current?.querySelector<HTMLElement>(".more");
        if (more) actions.menu?.(message, more);
      }, LONG_PRESS);
    },
    onTouchMove: cancel,
    onTouchEnd: (event: TouchEvent) => {
      cancel();
      // The press must not also be a click, which would take the focus from the menu.
      if (opened.current) event.preventDefault();
    },
    onTouchCancel: cancel,
    onContextMenu: (event: MouseEvent) => {
      if (event.nativeEvent instanceof PointerEvent && event.nativeEvent.pointerType === "touch") event.preventDefault();
    },
  };
}

/**
 * A system message, or a message of a kind that this release does not know, shown as its `body`.
 */
function SystemMessage({ message }: { message: Message }) {
  // A later server can send a system message without `by`.
  const by: Person | undefined = message.system?.by;
  return (
    <p className="system">
      <span>
        {textOf(message)}
        {" · "}
        {by !== undefined && (
          <>
            <bdi>{by.name}</bdi>
            {" · "}
          </>
        )}
        <time dateTime={message.createdAt} title={fullTime(message.createdAt)}>
          {time(message.createdAt)}
        </time>
      </span>
    </p>
  );
}

/** Returns the text of a message of any kind. */
export function textOf({ body, deleted }: Message): string {
  if (deleted !== undefined) return DELETED;
  return body === "" ? "This message cannot be shown here. Reload the page." : body;
}
