import { BellRing, X } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { Link } from "wouter";
import type { Order } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";
import { joinNames, money } from "../format.ts";
import { ChatLink } from "./ChatLink.tsx";

/** Time from the last new order until the notice disappears, in milliseconds. */
const NOTICE_TIME = 12_000;

/** Shows admins one notice for all new orders since it appeared. */
export function NewOrders() {
  const isAdmin = useChat((state) => state.me.role === "admin");
  const [orders, clear] = useNewOrders(isAdmin);
  const newest = orders.at(-1);
  const [paused, setPaused] = useState(false);
  useEffect(() => {
    if (newest === undefined || paused) return undefined;
    const ends = setTimeout(clear, NOTICE_TIME);
    return () => clearTimeout(ends);
  }, [newest, paused, clear]);
  const dismiss = () => {
    setPaused(false);
    clear();
  };

  if (!isAdmin) return null;
  return (
    <>
      <p className="visually-hidden" role="status">
        {newest !== undefined && noticeText(orders)}
      </p>
      {newest !== undefined && (
        // The notice stays while the pointer is over it or the focus is in it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
        <section
          className="notice"
          aria-label="New orders"
          onPointerEnter={() => setPaused(true)}
          onPointerLeave={(event) => setPaused(event.currentTarget.contains(document.activeElement))}
          onFocus={() => setPaused(true)}
          onBlur={(event) => setPaused(event.currentTarget.contains(event.relatedTarget) || event.currentTarget.matches(":hover"))}
        >
          <BellRing size={20} aria-hidden />
          <NoticeLink orders={orders} onOpen={dismiss} />
          <button
            type="button"
            className="icon-button"
            aria-label="Dismiss"
            onClick={() => {
              dismiss();
              document.querySelector<HTMLElement>(".pages a")?.focus();
            }}
          >
            <X size={18} aria-hidden />
          </button>
        </section>
      )}
    </>
  );
}

function NoticeLink({ orders, onOpen }: { orders: readonly Order[]; onOpen: () => void }) {
  const [order, second] = orders;
  if (order === undefined) return null;
  if (second !== undefined) {
    return (
      <Link href="/orders" onClick={onOpen}>
        <strong>{orders.length} new orders</strong>
        <span>{customerNames(orders)}</span>
      </Link>
    );
  }
  return (
    <ChatLink id={order.conversationId} onOpen={onOpen}>
      <strong>
        New order from <bdi>{order.customerName}</bdi>
      </strong>
      <span>
        <bdi>{order.items?.[0]?.title}</bdi> · {money(order.total, order.currency)}
      </span>
    </ChatLink>
  );
}

/**
 * Returns the orders since the notice was last cleared, oldest first, and a function that clears
 * them.
 */
function useNewOrders(isAdmin: boolean): [readonly Order[], () => void] {
  const client = useClient();
  const [orders, setOrders] = useState<readonly Order[]>([]);
  useEffect(() => {
    if (!isAdmin) return undefined;
    return client.onEvent((event) => {
      if (event.event !== "order_created") return;
      const { order } = event;
      setOrders((shown) => (shown.some(({ id }) => id === order.id) ? shown : [...shown, order]));
    });
  }, [client, isAdmin]);
  return [orders, useCallback(() => setOrders([]), [])];
}

function noticeText(orders: readonly Order[]): string {
  return orders.length === 1 ? `New order from ${customerNames(orders)}` : `${orders.length} new orders: ${customerNames(orders)}`;
}

/** The customers' names without duplicates. */
function customerNames(orders: readonly Order[]): string {
  return joinNames([...new Set(orders.map(({ customerName }) => (typeof customerName === "string" ? customerName : "Someone")))]);
}
