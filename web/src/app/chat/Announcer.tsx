import { useState } from "react";
import { EMPTY_TIMELINE, sideOf } from "../../client/index.ts";
import { useChat } from "../chat-context.ts";

/** As many messages are kept for whoever hears them: the last ones. */
const MOST = 10;

/**
 * Reads new messages of the other side out to whoever cannot see them, also one that comes after its followers. What was there before
 * this is not news, and neither are older ones that are scrolled to.
 */
export function Announcer({ id }: { id: string }) {
  const messages = useChat((state) => (state.timelines.get(id) ?? EMPTY_TIMELINE).messages);
  const role = useChat((state) => state.me.role);
  const [known] = useState(messages.at(-1)?.seq ?? 0);
  const news = messages.filter((message) => message.seq > known && sideOf(message) !== role).slice(-MOST);
  return (
    <div className="visually-hidden" role="log" aria-label="New messages">
      {news.map((message) => (
        <p key={message.seq} dir="auto">
          {message.kind === "system" ? message.body : `${message.sender.name}: ${message.body}`}
        </p>
      ))}
    </div>
  );
}
