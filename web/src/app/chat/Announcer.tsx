import { useState } from "react";
import { EMPTY_TIMELINE, isSamePerson, sideOf } from "../../client/index.ts";
import { useChat } from "../chat-context.ts";
import { lineOf, textOf as textOfLine } from "../desk/entry-words.ts";
import { useNames } from "../desk/shop.ts";
import { useToday } from "../now.ts";
import { textOf } from "./Bubble.tsx";

/** The maximum number of messages in the live region. The oldest are removed first. */
const MAX_ANNOUNCED = 10;

/**
 * Announces new messages of the other side, notes and decisions of other admins, and messages that
 * failed to send, to screen readers.
 * Messages that were there when the component was mounted, and older ones that are loaded later,
 * are not announced.
 */
export function Announcer({ id }: { id: string }) {
  const messages = useChat((state) => (state.timelines.get(id) ?? EMPTY_TIMELINE).messages);
  const role = useChat((state) => state.me.role);
  const me = useChat((state) => state.me);
  const desk = useChat((state) => state.desks.get(id));
  const [names, today] = [useNames(), useToday()];
  const [knownDesk] = useState(useChat((state) => state.conversations.get(id)?.conversation.deskSeq) ?? Number.POSITIVE_INFINITY);
  const ofShop = desk?.filter(({ deskSeq, by }) => deskSeq > knownDesk && !isSamePerson(by, me)).slice(-MAX_ANNOUNCED) ?? [];
  const outbox = useChat((state) => state.outbox);
  const [known] = useState(messages.at(-1)?.seq ?? 0);
  const news = messages.filter((message) => message.seq > known && sideOf(message) !== role).slice(-MAX_ANNOUNCED);
  const failed = outbox.filter((unsent) => unsent.conversationId === id && unsent.failed !== undefined);
  return (
    <>
      <div className="visually-hidden" role="log" aria-label="New messages">
        {news.map((message) => (
          <p key={message.seq} dir="auto">
            {message.kind === "text" && message.deleted === undefined ? `${message.sender.name}: ${message.body}` : textOf(message)}
          </p>
        ))}
        {ofShop.map((entry) => (
          <p key={`desk ${entry.deskSeq}`} dir="auto">
            {entry.type === "note" ? `Note of ${entry.by.name}: ${entry.body}` : textOfLine(lineOf(entry, { me, ...names, now: today }) ?? [])}
          </p>
        ))}
      </div>
      <div className="visually-hidden" role="alert" aria-atomic={false}>
        {failed.map((unsent) => (
          <p key={unsent.clientMessageId} dir="auto">
            {unsent.failed?.code === "overtaken" ? `Not sent yet: ${unsent.failed.by ?? "a colleague"} has just answered.` : `Could not send “${unsent.body}”. ${unsent.failed?.reason ?? ""}`}
          </p>
        ))}
      </div>
    </>
  );
}
