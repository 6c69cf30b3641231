import type { ConversationStatus, OrderStatus } from "../../protocol.ts";

/** The labels of the order statuses. */
export const ORDER_STATUS: Readonly<Record<OrderStatus, string>> = {
  pending: "Pending",
  confirmed: "Confirmed",
  completed: "Completed",
  cancelled: "Cancelled",
};

/** The labels of the conversation statuses. */
export const CONVERSATION_STATUS: Readonly<Record<ConversationStatus, string>> = {
  active: "Active",
  archived: "Archived",
  closed: "Closed",
};

/** A badge with an order's status. */
export function StatusBadge({ status }: { status: OrderStatus }) {
  return (
    <span className="badge" data-status={status}>
      {ORDER_STATUS[status] ?? status}
    </span>
  );
}
