import { type PersonId, personKey } from "../client/index.ts";
import { PRODUCTS } from "./demo.ts";

/** The maximum quantity of one product. */
export const MAX_QUANTITY = 99;

/** The products, quantities and note of an order that is not placed yet. */
export interface Basket {
  /** The quantity of each product by `sku`, at least 1. */
  readonly quantities: Readonly<Record<string, number>>;
  /** A note for the shop. */
  readonly note: string;
  /**
   * The idempotency key of the order. Every change of the basket gives it a new key; a repeated
   * request keeps the key.
   */
  readonly key: string;
}

/**
 * Stores a person's basket in the browser. It is kept after navigation, a reload, and a log-out.
 */
export class BasketStore {
  readonly #storage: Storage;
  readonly #name: string;

  constructor(storage: Storage, person: PersonId) {
    this.#storage = storage;
    this.#name = `order-chat/basket/${personKey(person)}`;
  }

  /** Returns the stored basket, or `undefined` if there is none or it cannot be parsed. */
  load(): Basket | undefined {
    try {
      return parse(JSON.parse(this.#storage.getItem(this.#name) ?? "null"));
    } catch {
      return undefined;
    }
  }

  /**
   * Stores the basket. If the storage is full or forbidden, the basket is lost when the page is
   * closed.
   */
  save(basket: Basket): void {
    try {
      this.#storage.setItem(this.#name, JSON.stringify(basket));
    } catch {
      // The page keeps it in memory.
    }
  }

  /** Removes the basket that was ordered, unless it has changed since then. */
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
    return typeof quantity === "number" && Number.isInteger(quantity) && quantity > 0 && quantity <= MAX_QUANTITY ? [[sku, quantity] as const] : [];
  });
  return { quantities: Object.fromEntries(good), note, key };
}
