import type { Person } from "../../src/protocol.ts";

/** A person who uses the REST API without a page. */
export interface RestPerson {
  /** Makes a request and returns the answer's body. Throws if it is refused. */
  call<Answer>(method: string, path: string, body?: object): Promise<Answer>;
}

/** Logs a person in at the local system. */
export async function restPerson(url: string, { userId, role, name }: Person): Promise<RestPerson> {
  const request = async <Answer>(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> => {
    const init = { method, headers: { "content-type": "application/json", ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await fetch(url + path, init);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };
  const { token } = await request<{ token: string }>("POST", "/dev/token", { sub: userId, role, name });
  // Conversations can be assigned to an admin who has got a ticket.
  if (role === "admin") await request("POST", "/api/chat/ticket", undefined, { authorization: `Bearer ${token}` });
  return { call: (method, path, body) => request(method, path, body, { authorization: `Bearer ${token}` }) };
}

/** So many orders are placed at once. */
const AT_ONCE = 10;

/**
 * Places an order for each of these customers. Returns the ids of the conversations, in the order of
 * the names.
 */
export async function placeOrders(url: string, names: readonly string[]): Promise<readonly string[]> {
  const shop = await restPerson(url, { userId: "grace", role: "admin", name: "Grace Okafor" });
  const items = [{ title: "Desk lamp", quantity: 1, unitPrice: 8900 }];
  const place = async (customerName: string) => {
    const about = { customerId: customerId(customerName), customerName };
    return (await shop.call<{ conversation: { id: string } }>("POST", "/api/sales", { items, currency: "EUR", ...about })).conversation.id;
  };
  const ids: string[] = [];
  for (let from = 0; from < names.length; from += AT_ONCE) ids.push(...(await Promise.all(names.slice(from, from + AT_ONCE).map(place))));
  return ids;
}

/** The user id of a customer for whom an order was placed. */
export function customerId(name: string): string {
  return `customer-${name.replaceAll(/\W/g, "-")}`;
}
