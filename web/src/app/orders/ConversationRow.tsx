import { CircleAlert } from "lucide-react";
import { Suspense, lazy, memo } from "react";
import { type ConversationEntry, isSamePerson, sideOf, withPendingChanges } from "../../client/index.ts";
import type { Conversation, Desk } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { DELETED } from "../chat/Bubble.tsx";
import { shortTime, fullTime, money, orderNumber } from "../format.ts";
import { ChatLink } from "../parts/ChatLink.tsx";
import { Picture } from "../parts/Picture.tsx";
import { CONVERSATION_STATUS, StatusBadge } from "../parts/StatusBadge.tsx";
import { UnreadBadge } from "../parts/UnreadBadge.tsx";
import { unreadText } from "../unread.ts";

/** Loaded after the first page is shown. */
const RowDesk = lazy(() => import("./RowDesk.tsx"));

/** One order in the list. `today` is the value of `useToday`, and only admins have a `desk`. */
export const ConversationRow = memo(function ConversationRow({ entry, desk, open, today }: { entry: ConversationEntry; desk: Desk | undefined; open: boolean; today: number }) {
  const { conversation, unread } = entry;
  const { order } = conversation;
  const isAdmin = useChat((state) => state.me.role === "admin");
  return (
    <ChatLink id={conversation.id} className="row" aria-current={open ? "true" : undefined} data-unread={unread > 0 || undefined}>
      <Picture imageUrl={order.imageUrl} size={52} />
      <span className="row-main">
        <span className="row-line">
          <strong className="row-title" dir="auto">
            {isAdmin ? conversation.customerName : order.title}
          </strong>
          <time className="row-time" dateTime={conversation.lastActivityAt} title={fullTime(conversation.lastActivityAt)}>
            {shortTime(conversation.lastActivityAt, today)}
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
            <Last conversation={conversation} open={open} />
          </span>
          <UnreadBadge text={unreadText({ count: unread, more: false })} />
        </span>
        <span className="row-badges">
          <StatusBadge status={order.status} />
          {conversation.status !== "active" && <span className="badge">{CONVERSATION_STATUS[conversation.status] ?? conversation.status}</span>}
          {desk !== undefined && (
            <Suspense fallback={null}>
              <RowDesk desk={desk} />
            </Suspense>
          )}
        </span>
      </span>
    </ChatLink>
  );
});

/**
 * The preview of a conversation: a failed message, the typing indicator, a draft, or the last
 * message.
 */
function Last({ conversation, open }: { conversation: Conversation; open: boolean }) {
  const { id } = conversation;
  const failed = useChat((state) => state.outbox.find((unsent) => unsent.conversationId === id && unsent.failed !== undefined)?.body);
  const typing = useChat((state) => state.typing.get(id)?.[0]?.name);
  const draft = useChat((state) => state.drafts.get(id));
  if (failed !== undefined) {
    return (
      <>
        <em className="row-failed">
          <CircleAlert size={14} aria-hidden /> Not sent:
        </em>{" "}
        <bdi>{failed}</bdi>
      </>
    );
  }
  if (typing !== undefined) {
    return (
      <em>
        <bdi>{typing}</bdi> is typing…
      </em>
    );
  }
  // The draft of the open conversation is visible in the composer.
  if (draft !== undefined && draft.trim() !== "" && !open) {
    return (
      <>
        <em>Draft:</em> <bdi>{draft}</bdi>
      </>
    );
  }
  return <LastMessage conversation={conversation} />;
}

function LastMessage({ conversation }: { conversation: Conversation }) {
  const changes = useChat((state) => state.pendingChanges);
  const me = useChat((state) => state.me);
  const lastMessage = withPendingChanges(conversation.lastMessage, changes.filter(({ conversationId }) => conversationId === conversation.id), me);
  const mine = useChat((state) => isSamePerson(state.me, lastMessage.sender));
  const side = useChat((state) => state.me.role === sideOf(lastMessage));
  const by = mine ? "You" : side && lastMessage.kind === "text" ? <bdi>{lastMessage.sender.name}</bdi> : undefined;
  return (
    <>
      {by}
      {by !== undefined && ": "}
      {lastMessage.deleted === undefined ? <bdi>{lastMessage.body}</bdi> : DELETED}
    </>
  );
}
