import { MessagesSquare, MousePointerClick, ShoppingBag } from "lucide-react";
import { type RefObject, Suspense, lazy, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { VirtualizerHandle } from "virtua";
import { Link, useLocation } from "wouter";
import { useChat } from "../chat-context.ts";
import { Chat } from "../chat/Chat.tsx";
import { isOpenedByPerson, watchOpened } from "../chat/opened-by-person.ts";
import { useWide } from "../media.ts";
import { chatPath } from "../navigation.ts";
import { ConversationList } from "../orders/ConversationList.tsx";
import { CountCards } from "../orders/CountCards.tsx";
import { Filters } from "../orders/Filters.tsx";
import { useFilter } from "../orders/filter.ts";
import { useListKeys } from "../orders/list-keys.ts";
import { useFilteredPages, useOlderPages } from "../orders/pages.ts";
import { useSearch } from "../orders/search.ts";
import { useSelecting } from "../orders/select.ts";
import { useShown } from "../orders/shown.ts";
import { listFilter } from "../orders/views.ts";
import { EmptyState } from "../parts/EmptyState.tsx";
import { Title } from "../parts/Title.tsx";

/** Loaded after the first page is shown. */
const BulkBar = lazy(() => import("../bulk/BulkBar.tsx"));
const ShortcutsDialog = lazy(() => import("../parts/ShortcutsDialog.tsx"));

/** The list and the chat: side by side, or one at a time on a phone. */
export function OrdersPage({ id }: { id: string | undefined }) {
  const wide = useWide();
  const me = useChat((state) => state.me);
  const isAdmin = me.role === "admin";
  const listed = useChat((state) => state.listLoaded);
  const [filter, setFilter] = useFilter();
  const asked = useMemo(() => (isAdmin ? listFilter(filter, me, filter.conversation) : undefined), [filter, isAdmin, me]);
  const search = useSearch(filter.words, asked);
  const [older, filtered] = [useOlderPages(), useFilteredPages(asked)];
  const { entries, newest, deskOf } = useShown(filter, filtered.found, search.found);
  const selecting = useSelecting(entries, filter);
  const chosen = useSyncExternalStore(watchOpened, isOpenedByPerson);
  useFirstOpens(id, wide && !isAdmin, newest?.conversation.id);
  const pane = useRef<HTMLElement>(null);
  const rows = useRef<VirtualizerHandle>(null);
  const [helping, setHelping] = useListKeys({ pane, rows, entries, openId: id, selecting, enabled: isAdmin && (wide || id === undefined) });
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
        {isAdmin && <Filters filter={filter} selecting={selecting.mode} onChange={setFilter} onSelecting={(mode) => (mode ? selecting.setMode(true) : selecting.clear())} />}
        <ConversationList
          entries={entries}
          deskOf={deskOf}
          none={newest === undefined}
          openId={id}
          search={search}
          pages={asked === undefined ? older : filtered}
          selecting={isAdmin ? selecting : undefined}
          rows={rows}
        />
        {isAdmin && (selecting.mode || selecting.busy || selecting.ids.size > 0) && (
          <Suspense fallback={null}>
            <BulkBar selecting={selecting} filter={filter} entries={entries} />
          </Suspense>
        )}
      </section>
      {helping && (
        <Suspense fallback={null}>
          <ShortcutsDialog onClose={() => setHelping(false)} />
        </Suspense>
      )}
      {chat}
      {wide && id === undefined && <NoneOpen empty={listed && newest === undefined} isAdmin={isAdmin} />}
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
