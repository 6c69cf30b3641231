import type { ConversationStatus, OrderStatus } from "../../protocol.ts";

/** What people call an order's status. */
export const ORDER_STATUS: Readonly<Record<OrderStatus, string>> = {
  pending: "Pending",
  confirmed: "Confirmed",
  completed: "Completed",
  cancelled: "Cancelled",
};

/** What people call a conversation's status. */
export const CONVERSATION_STATUS: Readonly<Record<ConversationStatus, string>> = {
  active: "Active",
  archived: "Archived",
  closed: "Closed",
};

/** An order's status, in words and colour. */
export function StatusBadge({ status }: { status: OrderStatus }) {
  return (
    <span className="badge" data-status={status}>
      {ORDER_STATUS[status] ?? status}
    </span>
  );
}
