import { BellRing, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import type { Order } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";
import { money } from "../format.ts";

/** A notice goes away by itself after this long, in milliseconds. */
const SHOWN = 12_000;

/** At most so many notices at once. */
const MOST = 3;

/** Tells admins of orders that have just been placed. */
export function NewOrders() {
  const client = useClient();
  const isAdmin = useChat((state) => state.me.role === "admin");
  const [orders, setOrders] = useState<readonly Order[]>([]);
  const dismiss = (id: string) => setOrders((shown) => shown.filter((order) => order.id !== id));

  useEffect(() => {
    if (!isAdmin) return;
    return client.onEvent((event) => {
      if (event.event !== "order_created") return;
      const { order } = event;
      setOrders((shown) => (shown.some(({ id }) => id === order.id) ? shown : [order, ...shown].slice(0, MOST)));
      setTimeout(() => dismiss(order.id), SHOWN);
    });
  }, [client, isAdmin]);

  return (
    <div className="notices" role="status" aria-label="New orders">
      {orders.map((order) => (
        <div key={order.id} className="notice">
          <BellRing size={20} aria-hidden />
          <Link href={`/orders/${order.conversationId}`} onClick={() => dismiss(order.id)}>
            <strong>
              New order from <bdi>{order.customerName}</bdi>
            </strong>
            <span>
              <bdi>{order.items[0]?.title}</bdi> · {money(order.total, order.currency)}
            </span>
          </Link>
          <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(order.id)}>
            <X size={18} aria-hidden />
          </button>
        </div>
      ))}
    </div>
  );
}
