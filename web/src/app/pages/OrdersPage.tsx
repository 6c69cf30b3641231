import { MessagesSquare, ShoppingBag } from "lucide-react";
import { useEffect, useMemo } from "react";
import { Link, useLocation } from "wouter";
import { type ConversationEntry, sorted } from "../../client/index.ts";
import { useChat } from "../chat-context.ts";
import { Chat } from "../chat/Chat.tsx";
import { useWide } from "../media.ts";
import { ConversationList } from "../orders/ConversationList.tsx";
import { CountCards } from "../orders/CountCards.tsx";
import { Filters } from "../orders/Filters.tsx";
import { matches, useFilter } from "../orders/filter.ts";
import { EmptyState } from "../parts/EmptyState.tsx";

/** The list and the chat: side by side, or on a phone one after the other. */
export function OrdersPage({ id }: { id: string | undefined }) {
  const wide = useWide();
  const isAdmin = useChat((state) => state.me.role === "admin");
  const conversations = useChat((state) => state.conversations);
  const listed = useChat((state) => state.listLoaded);
  const [filter, setFilter] = useFilter();
  const entries = useMemo(() => sorted(conversations), [conversations]);
  const shown = useMemo(() => entries.filter((entry) => matches(entry, filter)), [entries, filter]);
  useFirstOpens(id, wide, shown);

  const list = (
    <section className="list-pane" aria-label="Orders">
      <h1 className="visually-hidden">{isAdmin ? "All orders" : "My orders"}</h1>
      <CountCards chosen={filter.order} onChoose={(order) => setFilter({ ...filter, order })} />
      {isAdmin && <Filters filter={filter} onChange={setFilter} />}
      <ConversationList entries={shown} none={entries.length === 0} openId={id} />
    </section>
  );
  if (!wide) return <main className="orders">{id === undefined ? list : <Chat key={id} id={id} />}</main>;
  return (
    <main className="orders">
      {list}
      {id === undefined ? <NoneOpen empty={listed && entries.length === 0} isAdmin={isAdmin} /> : <Chat key={id} id={id} />}
    </main>
  );
}

/** Where there is room for both, the first order opens by itself. */
function useFirstOpens(id: string | undefined, wide: boolean, shown: readonly ConversationEntry[]): void {
  const [, navigate] = useLocation();
  const first = shown[0]?.conversation.id;
  useEffect(() => {
    if (wide && id === undefined && first !== undefined) navigate(`/orders/${first}`, { replace: true });
  }, [wide, id, first, navigate]);
}

function NoneOpen({ empty, isAdmin }: { empty: boolean; isAdmin: boolean }) {
  const icon = <MessagesSquare size={32} aria-hidden />;
  if (!empty) return <section className="chat-pane" aria-label="Chat" />;
  return (
    <section className="chat-pane" aria-label="Chat">
      {isAdmin ? (
        <EmptyState icon={icon} title="Quiet so far">
          As soon as somebody places an order, it appears here.
        </EmptyState>
      ) : (
        <EmptyState
          icon={icon}
          title="Your orders will talk here"
          action={
            <Link className="button button-primary" href="/checkout">
              <ShoppingBag size={18} aria-hidden />
              To the shop
            </Link>
          }
        >
          Every order opens a conversation with the shop. Place your first one to begin.
        </EmptyState>
      )}
    </section>
  );
}
