import type { Conversation, Person } from "../../protocol.ts";
import { money, orderNumber } from "../format.ts";
import { ORDER_STATUS } from "../parts/StatusBadge.tsx";

/** The placeholders that a canned response can have, with what they stand for. */
export const PLACEHOLDERS: readonly { readonly name: string; readonly about: string }[] = [
  { name: "customer.name", about: "The customer's name" },
  { name: "order.number", about: "The order's number, such as #4K2PQA" },
  { name: "order.status", about: "The order's status, such as confirmed" },
  { name: "order.total", about: "The order's total, such as €25.00" },
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
