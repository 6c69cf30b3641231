import { ArrowLeft, Search } from "lucide-react";
import { type MouseEvent, type RefObject, Suspense, lazy } from "react";
import { Link } from "wouter";
import type { Conversation, ConversationId } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { date, fullTime, money, orderNumber } from "../format.ts";
import { useWide } from "../media.ts";
import { useBackToList } from "../navigation.ts";
import { Picture } from "../parts/Picture.tsx";
import { CONVERSATION_STATUS, StatusBadge } from "../parts/StatusBadge.tsx";
import { UnreadBadge } from "../parts/UnreadBadge.tsx";
import { unreadOf, unreadText } from "../unread.ts";
import { OrderDetails } from "./OrderDetails.tsx";
import { Presence } from "./Presence.tsx";

/** Menus are loaded after the first page is shown. */
const AdminActions = lazy(() => import("./AdminActions.tsx"));
const DeskBar = lazy(() => import("../desk/DeskBar.tsx"));

/** The chat's header, with the order, presence, and actions. */
export function ChatHeader({
  conversation,
  findButton,
  finding,
  onFind,
}: {
  conversation: Conversation;
  findButton: RefObject<HTMLButtonElement | null>;
  /** True while the search is open. */
  finding: boolean;
  onFind: () => void;
}) {
  const isAdmin = useChat((state) => state.me.role === "admin");
  const wide = useWide();
  const { order } = conversation;
  const Title = wide ? "h2" : "h1";
  return (
    <header className="chat-header">
      {!wide && <Back from={conversation.id} />}
      <Picture imageUrl={order.imageUrl} size={56} />
      <div className="chat-title">
        <Title dir="auto" id="chat-title" tabIndex={-1}>
          {order.title}
        </Title>
        <p className="chat-facts">
          <span>{orderNumber(order.id)}</span>
          <span>{money(order.total, order.currency)}</span>
          <time className="chat-date" dateTime={order.createdAt} title={fullTime(order.createdAt)}>
            {date(order.createdAt)}
          </time>
          <Presence conversation={conversation} />
        </p>
      </div>
      <div className="chat-state">
        <span className="chat-badges">
          {conversation.status !== "active" && <span className="badge">{CONVERSATION_STATUS[conversation.status] ?? conversation.status}</span>}
          <StatusBadge status={order.status} />
        </span>
        <button ref={findButton} type="button" className="icon-button find-button" title="Search the messages" aria-expanded={finding} onClick={onFind}>
          <Search size={20} aria-hidden />
          <span className="visually-hidden">Search the messages</span>
        </button>
        {isAdmin && (
          <Suspense>
            <AdminActions conversation={conversation} />
          </Suspense>
        )}
      </div>
      <OrderDetails orderId={order.id} />
      {isAdmin && (
        <Suspense>
          <DeskBar conversation={conversation} />
        </Suspense>
      )}
    </header>
  );
}

/** The link back to the list on a phone, with the unread count of the other conversations. */
function Back({ from }: { from: ConversationId }) {
  const back = useBackToList();
  const unread = useChat((state) => unreadText(unreadOf(state, from)));
  const clicked = (event: MouseEvent) => {
    event.preventDefault();
    back();
  };
  return (
    <Link href="/orders" className="icon-button back" onClick={clicked}>
      <ArrowLeft size={20} aria-hidden />
      <span className="visually-hidden">Back to the list</span>
      <UnreadBadge text={unread} where=" in other conversations" />
    </Link>
  );
}
