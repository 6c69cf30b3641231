import { ArrowLeft } from "lucide-react";
import { Link } from "wouter";
import type { Conversation } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { date, full, money, orderNumber } from "../format.ts";
import { Picture } from "../parts/Picture.tsx";
import { CONVERSATION_STATUS, StatusBadge } from "../parts/StatusBadge.tsx";
import { AdminActions } from "./AdminActions.tsx";
import { OrderDetails } from "./OrderDetails.tsx";
import { Presence } from "./Presence.tsx";

/** The order that a chat is about. */
export function ChatHeader({ conversation }: { conversation: Conversation }) {
  const isAdmin = useChat((state) => state.me.role === "admin");
  const { order } = conversation;
  return (
    <header className="chat-header">
      <Link href="/orders" className="icon-button back" aria-label="Back to the list">
        <ArrowLeft size={20} aria-hidden />
      </Link>
      <Picture imageUrl={order.imageUrl} size={56} />
      <div className="chat-title">
        <h2 dir="auto">{order.title}</h2>
        <p className="chat-facts">
          <span>{orderNumber(order.id)}</span>
          <span>{money(order.total, order.currency)}</span>
          <time dateTime={order.createdAt} title={full(order.createdAt)}>
            {date(order.createdAt)}
          </time>
          <Presence conversation={conversation} />
        </p>
      </div>
      <div className="chat-state">
        {conversation.status !== "active" && <span className="badge">{CONVERSATION_STATUS[conversation.status]}</span>}
        <StatusBadge status={order.status} />
        {isAdmin && <AdminActions conversation={conversation} />}
      </div>
      <OrderDetails orderId={order.id} />
    </header>
  );
}
