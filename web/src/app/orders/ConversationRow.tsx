import { memo } from "react";
import { Link } from "wouter";
import { type ConversationEntry, isSamePerson, sideOf } from "../../client/index.ts";
import type { Conversation } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { brief, full, money, orderNumber } from "../format.ts";
import { Picture } from "../parts/Picture.tsx";
import { CONVERSATION_STATUS, StatusBadge } from "../parts/StatusBadge.tsx";

/** One order in the list; `today` as `useToday` has it. */
export const ConversationRow = memo(function ConversationRow({ entry, open, today }: { entry: ConversationEntry; open: boolean; today: number }) {
  const { conversation, unread } = entry;
  const { order } = conversation;
  const isAdmin = useChat((state) => state.me.role === "admin");
  const typing = useChat((state) => state.typing.get(conversation.id)?.[0]?.name);
  return (
    <Link href={`/orders/${conversation.id}`} className="row" aria-current={open ? "true" : undefined} data-unread={unread > 0 || undefined}>
      <Picture imageUrl={order.imageUrl} size={52} />
      <span className="row-main">
        <span className="row-line">
          <strong className="row-title" dir="auto">
            {isAdmin ? conversation.customerName : order.title}
          </strong>
          <time className="row-time" dateTime={conversation.lastActivityAt} title={full(conversation.lastActivityAt)}>
            {brief(conversation.lastActivityAt, today)}
          </time>
        </span>
        <span className="row-line row-facts">
          <span className="row-order">
            {orderNumber(conversation.orderId)}
            {isAdmin && (
              <>
                {" · "}
                <bdi>{order.title}</bdi>
              </>
            )}
          </span>
          <span>{money(order.total, order.currency)}</span>
        </span>
        <span className="row-line">
          <span className="row-last">
            {typing === undefined ? (
              <LastMessage conversation={conversation} />
            ) : (
              <em>
                <bdi>{typing}</bdi> is typing…
              </em>
            )}
          </span>
          {unread > 0 && (
            <span className="unread">
              <span aria-hidden>{unread > 99 ? "99+" : unread}</span>
              <span className="visually-hidden">{unread} unread</span>
            </span>
          )}
        </span>
        <span className="row-badges">
          <StatusBadge status={order.status} />
          {conversation.status !== "active" && <span className="badge">{CONVERSATION_STATUS[conversation.status]}</span>}
        </span>
      </span>
    </Link>
  );
});

function LastMessage({ conversation: { lastMessage } }: { conversation: Conversation }) {
  const mine = useChat((state) => isSamePerson(state.me, lastMessage.sender));
  const side = useChat((state) => state.me.role === sideOf(lastMessage));
  const by = mine ? "You" : side && lastMessage.kind === "text" ? <bdi>{lastMessage.sender.name}</bdi> : undefined;
  return (
    <>
      {by}
      {by !== undefined && ": "}
      <bdi>{lastMessage.body}</bdi>
    </>
  );
}
