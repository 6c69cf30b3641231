import { messageAt } from "../../client/index.ts";
import type { ConversationId, Message } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { textOf } from "./Bubble.tsx";
import { useMessageActions } from "./composing.ts";

/** Returns the message with this `seq`, if the client holds it. */
export function useMessage(id: ConversationId, seq: number | undefined): Message | undefined {
  return useChat((state) => {
    const timeline = state.timelines.get(id);
    return timeline === undefined || seq === undefined ? undefined : messageAt(timeline, seq);
  });
}

/** The quoted message in a bubble. It is a button that goes to the message. */
export function Quote({ id, seq }: { id: ConversationId; seq: number }) {
  const actions = useMessageActions();
  const held = useMessage(id, seq);
  const quoted = held ?? actions.shown?.(seq);
  return (
    <button type="button" className="quote" onClick={() => actions.goTo(seq)}>
      <span className="visually-hidden">Go to the message of </span>
      <Quoted message={quoted} />
    </button>
  );
}

/** The sender and the beginning of a quoted message. */
export function Quoted({ message }: { message: Message | undefined }) {
  if (message === undefined) return <span className="quote-text">An earlier message</span>;
  return (
    <>
      <bdi className="quote-name">{message.sender.name}</bdi>
      <span className="quote-text" dir="auto">
        {textOf(message)}
      </span>
    </>
  );
}
