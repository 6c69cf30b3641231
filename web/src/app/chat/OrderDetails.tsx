import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { OrderId } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";
import { money } from "../format.ts";

/** The items of an order. They are fetched when the details are opened. */
export function OrderDetails({ orderId }: { orderId: OrderId }) {
  const client = useClient();
  const [open, setOpen] = useState(false);
  const details = useQuery({ queryKey: ["order", orderId], queryFn: () => client.api.order(orderId), enabled: open });
  const order = details.data?.order;
  return (
    <details className="details" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Order details</summary>
      {details.isError && <p className="form-problem">The details could not be loaded. Close and open them again.</p>}
      {details.isLoading && <p className="muted">Loading…</p>}
      {order !== undefined && (
        <div className="details-order" role="region" aria-label="Order details" tabIndex={0}>
          <ul className="lines">
            {order.items.map((item, index) => (
              <li key={`${item.sku} ${index}`}>
                <span>
                  {item.quantity} × <bdi>{item.title}</bdi>
                </span>
                <span>{money(item.quantity * item.unitPrice, order.currency)}</span>
              </li>
            ))}
          </ul>
          {order.note !== undefined && (
            <p className="order-note" dir="auto">
              “{order.note}”
            </p>
          )}
        </div>
      )}
    </details>
  );
}
