import { useState } from "react";
import { EMPTY_TIMELINE, sideOf } from "../../client/index.ts";
import { useChat } from "../chat-context.ts";
import { wordsOf } from "./Bubble.tsx";

/** As many messages are kept for whoever hears them: the last ones. */
const MOST = 10;

/**
 * Reads new messages of the other side out to whoever cannot see them, also one that comes after its followers, and says once that a
 * message was not sent. What was there before this is not news, and neither are older ones that are scrolled to.
 */
export function Announcer({ id }: { id: string }) {
  const messages = useChat((state) => (state.timelines.get(id) ?? EMPTY_TIMELINE).messages);
  const role = useChat((state) => state.me.role);
  const outbox = useChat((state) => state.outbox);
  const [known] = useState(messages.at(-1)?.seq ?? 0);
  const news = messages.filter((message) => message.seq > known && sideOf(message) !== role).slice(-MOST);
  const failed = outbox.filter((unsent) => unsent.conversationId === id && unsent.failed !== undefined);
  return (
    <>
      <div className="visually-hidden" role="log" aria-label="New messages">
        {news.map((message) => (
          <p key={message.seq} dir="auto">
            {message.kind === "text" ? `${message.sender.name}: ${message.body}` : wordsOf(message)}
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
