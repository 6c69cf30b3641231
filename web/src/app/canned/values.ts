import type { Conversation, Person } from "../../protocol.ts";
import { money, orderNumber } from "../format.ts";
import { ORDER_STATUS } from "../parts/StatusBadge.tsx";

/** The placeholders that a canned response can have, with the words for them. */
export const PLACEHOLDERS: readonly { readonly name: string; readonly about: string }[] = [
  { name: "customer.name", about: "Customer's name" },
  { name: "order.number", about: "Order number" },
  { name: "order.status", about: "Order status" },
  { name: "order.total", about: "Order total" },
  { name: "admin.name", about: "Your name" },
];

/** Returns the values of the placeholders in this conversation. */
export function valuesOf({ customerName, order }: Conversation, me: Person): ReadonlyMap<string, string> {
  return new Map([
    ["customer.name", customerName],
    ["order.number", orderNumber(order.id)],
    ["order.status", (ORDER_STATUS[order.status] ?? order.status).toLowerCase()],
    ["order.total", money(order.total, order.currency)],
    ["admin.name", me.name],
  ]);
}
