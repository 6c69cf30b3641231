import { type PersonId, personKey } from "../client/index.ts";
import { PRODUCTS } from "./demo.ts";

/** As many of a product as the page lets one order. */
export const MOST = 99;

/** What somebody is about to order. */
export interface Basket {
  /** How many of each product, by `sku`; at least one of each. */
  readonly quantities: Readonly<Record<string, number>>;
  /** For the shop. */
  readonly note: string;
  /** The idempotency key of the order: another one after every change, the same one however often the order is sent. */
  readonly key: string;
}

/** Keeps a person's basket in the browser's storage: over a look at another page, a reload, and a log-out. */
export class BasketStore {
  readonly #storage: Storage;
  readonly #name: string;

  constructor(storage: Storage, person: PersonId) {
    this.#storage = storage;
    this.#name = `order-chat/basket/${personKey(person)}`;
  }

  /** The basket as it was left; `undefined` if nothing was, or nothing that can be read. */
  load(): Basket | undefined {
    try {
      return parse(JSON.parse(this.#storage.getItem(this.#name) ?? "null"));
    } catch {
      return undefined;
    }
  }

  /** Keeps the basket; where the storage is full or forbidden it lives as long as the page. */
  save(basket: Basket): void {
    try {
      this.#storage.setItem(this.#name, JSON.stringify(basket));
    } catch {
      // It stays on the page.
    }
  }

  /** Removes the basket that was ordered, unless it is another one by now. */
  ordered(key: string): void {
    if (this.load()?.key === key) this.#storage.removeItem(this.#name);
  }
}

function parse(value: unknown): Basket | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { quantities, note, key } = value as Record<string, unknown>;
  if (typeof quantities !== "object" || quantities === null || typeof note !== "string" || typeof key !== "string") return undefined;
  const held = quantities as Record<string, unknown>;
  const good = PRODUCTS.flatMap(({ sku }) => {
    const quantity = held[sku];
    return typeof quantity === "number" && Number.isInteger(quantity) && quantity > 0 && quantity <= MOST ? [[sku, quantity] as const] : [];
  });
  return { quantities: Object.fromEntries(good), note, key };
}
