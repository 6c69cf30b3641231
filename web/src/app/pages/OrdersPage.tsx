import { MessagesSquare, MousePointerClick, ShoppingBag } from "lucide-react";
import { type RefObject, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { Link, useLocation } from "wouter";
import { sorted } from "../../client/index.ts";
import { useChat } from "../chat-context.ts";
import { Chat } from "../chat/Chat.tsx";
import { isOpenedByPerson, watchOpened } from "../chat/opened-by-person.ts";
import { useWide } from "../media.ts";
import { chatPath } from "../navigation.ts";
import { ConversationList } from "../orders/ConversationList.tsx";
import { CountCards } from "../orders/CountCards.tsx";
import { Filters } from "../orders/Filters.tsx";
import { matches, matchesStatus, useFilter } from "../orders/filter.ts";
import { useSearch, withFound } from "../orders/search.ts";
import { EmptyState } from "../parts/EmptyState.tsx";
import { Title } from "../parts/Title.tsx";

/** The list and the chat: side by side, or one at a time on a phone. */
export function OrdersPage({ id }: { id: string | undefined }) {
  const wide = useWide();
  const isAdmin = useChat((state) => state.me.role === "admin");
  const conversations = useChat((state) => state.conversations);
  const listed = useChat((state) => state.listLoaded);
  const [filter, setFilter] = useFilter();
  const search = useSearch(filter.words);
  const entries = useMemo(() => sorted(conversations), [conversations]);
  const shown = useMemo(() => {
    const matching = entries.filter((entry) => matches(entry, filter));
    if (search.found.length === 0) return matching;
    const found = withFound(conversations, matching, search.found).filter((entry) => matchesStatus(entry, filter));
    return sorted(new Map(found.map((entry) => [entry.conversation.id, entry])));
  }, [entries, filter, conversations, search.found]);
  const chosen = useSyncExternalStore(watchOpened, isOpenedByPerson);
  useFirstOpens(id, wide && !isAdmin, entries[0]?.conversation.id);
  const pane = useRef<HTMLElement>(null);
  useRowFocused(pane, wide ? undefined : id);

  const title = isAdmin ? "All orders" : "My orders";
  const hidden = !wide && id !== undefined;
  const chat = id !== undefined && <Chat key={id} id={id} chosen={chosen} />;
  return (
    <main className="orders">
      {id === undefined && <Title view={title} />}
      {/* On a phone the list stays mounted behind the chat, so that it keeps its scroll position. */}
      <section ref={pane} className="list-pane" aria-label="Orders" data-behind={hidden || undefined} inert={hidden}>
        <h1 className="visually-hidden">{title}</h1>
        <CountCards chosen={filter.order} onChoose={(order) => setFilter({ ...filter, order })} />
        {isAdmin && <Filters filter={filter} onChange={setFilter} />}
        <ConversationList entries={shown} none={entries.length === 0} openId={id} search={search} />
      </section>
      {chat}
      {wide && id === undefined && <NoneOpen empty={listed && entries.length === 0} isAdmin={isAdmin} />}
    </main>
  );
}

/**
 * On a wide screen a customer's newest order opens by itself. For an admin nothing opens by itself,
 * because an opened conversation looks as if somebody takes care of it.
 */
function useFirstOpens(id: string | undefined, wanted: boolean, first: string | undefined): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    if (wanted && id === undefined && first !== undefined) navigate(chatPath(first), { replace: true });
  }, [wanted, id, first, navigate]);
}

/** On a phone, moves the focus back to the row of the chat that was left. */
function useRowFocused(pane: RefObject<HTMLElement | null>, openId: string | undefined): void {
  const last = useRef(openId);
  useEffect(() => {
    const left = last.current;
    last.current = openId;
    if (left === undefined || openId !== undefined) return;
    const rows = pane.current?.querySelectorAll<HTMLElement>("a.row") ?? [];
    // The virtualized list may have unmounted the row. Then the list gets the focus.
    const row = [...rows].find((each) => each.getAttribute("href") === chatPath(left)) ?? pane.current?.querySelector<HTMLElement>(".list");
    row?.focus({ preventScroll: true });
  }, [pane, openId]);
}

function NoneOpen({ empty, isAdmin }: { empty: boolean; isAdmin: boolean }) {
  const icon = <MessagesSquare size={32} aria-hidden />;
  return (
    <section className="chat-pane" aria-label="Chat">
      {isAdmin && !empty && (
        <EmptyState icon={<MousePointerClick size={32} aria-hidden />} title="Choose an order">
          Its conversation opens here. Messages are marked as read when you see them.
        </EmptyState>
      )}
      {isAdmin && empty && (
        <EmptyState icon={icon} title="Waiting for orders">
          New orders appear here.
        </EmptyState>
      )}
      {!isAdmin && empty && (
        <EmptyState
          icon={icon}
          title="Chat with the shop about your orders"
          action={
            <Link className="button button-primary" href="/checkout">
              <ShoppingBag size={18} aria-hidden />
              Go to the shop
            </Link>
          }
        >
          Every order opens a conversation with the shop. Place your first one to begin.
        </EmptyState>
      )}
    </section>
  );
}
