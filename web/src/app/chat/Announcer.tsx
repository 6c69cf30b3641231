import { useState } from "react";
import { EMPTY_TIMELINE, sideOf } from "../../client/index.ts";
import { useChat } from "../chat-context.ts";
import { textOf } from "./Bubble.tsx";

/** The maximum number of messages in the live region. The oldest are removed first. */
const MAX_ANNOUNCED = 10;

/**
 * Announces new messages of the other side, and messages that failed to send, to screen readers.
 * Messages that were there when the component was mounted, and older ones that are loaded later,
 * are not announced.
 */
export function Announcer({ id }: { id: string }) {
  const messages = useChat((state) => (state.timelines.get(id) ?? EMPTY_TIMELINE).messages);
  const role = useChat((state) => state.me.role);
  const outbox = useChat((state) => state.outbox);
  const [known] = useState(messages.at(-1)?.seq ?? 0);
  const news = messages.filter((message) => message.seq > known && sideOf(message) !== role).slice(-MAX_ANNOUNCED);
  const failed = outbox.filter((unsent) => unsent.conversationId === id && unsent.failed !== undefined);
  return (
    <>
      <div className="visually-hidden" role="log" aria-label="New messages">
        {news.map((message) => (
          <p key={message.seq} dir="auto">
            {message.kind === "text" ? `${message.sender.name}: ${message.body}` : textOf(message)}
          </p>
        ))}
      </div>
      <div className="visually-hidden" role="alert" aria-atomic={false}>
        {failed.map((unsent) => (
          <p key={unsent.clientMessageId} dir="auto">
            {`Could not send “${unsent.body}”. ${unsent.failed?.reason ?? ""}`}
          </p>
        ))}
      </div>
    </>
  );
}
