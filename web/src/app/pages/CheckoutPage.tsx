import { useMutation } from "@tanstack/react-query";
import { Minus, Plus, ShoppingBag } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Redirect, useLocation } from "wouter";
import { SessionEnded, ApiError } from "../../client/index.ts";
import type { OrderRequest } from "../../protocol.ts";
import { type Basket, BasketStore, MAX_QUANTITY } from "../basket.ts";
import { uuid } from "../browser.ts";
import { useChat, useClient } from "../chat-context.ts";
import { CURRENCY, PRODUCTS, type Product } from "../demo.ts";
import { money } from "../format.ts";
import { Title } from "../parts/Title.tsx";
import { pictureUrl } from "../pictures.ts";
import { persistentStorage } from "../storage.ts";
import { withoutControls } from "../text.ts";

/** A demo shop. After an order is placed, it opens the order's conversation. */
export default function CheckoutPage() {
  const client = useClient();
  const isAdmin = useChat((state) => state.me.role === "admin");
  const [, navigate] = useLocation();
  const [{ quantities, note, key }, write, ordered] = useBasket();

  const basket = PRODUCTS.flatMap((product) => {
    const quantity = quantities[product.sku] ?? 0;
    return quantity > 0 ? [{ product, quantity }] : [];
  });
  const total = basket.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0);
  const change = (product: Product, by: number) => {
    const { [product.sku]: held = 0, ...others } = quantities;
    const quantity = Math.min(MAX_QUANTITY, Math.max(0, held + by));
    write({ quantities: quantity === 0 ? others : { ...others, [product.sku]: quantity } });
  };
  const placing = useMutation({
    mutationFn: (sent: { order: OrderRequest; key: string }) => client.api.placeOrder(sent.order, sent.key),
    // This callback is also called after the page is unmounted.
    onSuccess: (_, sent) => ordered(sent.key),
  });
  const place = (event: FormEvent) => {
    event.preventDefault();
    const order: OrderRequest = {
      items: basket.map(({ product: { sku, title, price, picture }, quantity }) => ({
        sku,
        title,
        quantity,
        unitPrice: price,
        imageUrl: pictureUrl(picture),
      })),
      currency: CURRENCY,
      ...(note.trim() !== "" && { note: note.trim() }),
    };
    // This callback is called only while the page is mounted: a person who has left the page is not
    // moved.
    placing.mutate({ order, key }, { onSuccess: ({ conversation }) => navigate(`/orders/${conversation.id}`) });
  };
  if (isAdmin) return <Redirect to="/orders" replace />;
  return (
    <main className="checkout">
      <Title view="Shop" />
      <section aria-labelledby="products-title">
        <h1 id="products-title">Shop</h1>
        <ul className="products">
          {PRODUCTS.map((product) => (
            <li key={product.sku} className="product" data-chosen={(quantities[product.sku] ?? 0) > 0 || undefined}>
              <img src={`/products/${product.picture}`} alt="" width="320" height="240" />
              <div className="product-text">
                <h2>{product.title}</h2>
                <p className="muted">{product.about}</p>
              </div>
              <div className="product-buy">
                <strong>{money(product.price, CURRENCY)}</strong>
                <Stepper product={product} quantity={quantities[product.sku] ?? 0} onChange={change} />
              </div>
            </li>
          ))}
        </ul>
      </section>
      <form className="basket" aria-labelledby="basket-title" onSubmit={place}>
        <h2 id="basket-title">Your order</h2>
        {basket.length === 0 ? (
          <p className="muted">Your basket is empty.</p>
        ) : (
          <ul className="lines">
            {basket.map(({ product, quantity }) => (
              <li key={product.sku}>
                <span>
                  {quantity} × {product.title}
                </span>
                <span>{money(product.price * quantity, CURRENCY)}</span>
              </li>
            ))}
          </ul>
        )}
        <p className="total">
          <span>Total</span>
          <strong>{money(total, CURRENCY)}</strong>
        </p>
        <label className="field">
          <span>A note for the shop</span>
          <textarea
            value={note}
            maxLength={1000}
            rows={3}
            dir="auto"
            onChange={(event) => write({ note: withoutControls(event.target.value) })}
          />
        </label>
        <button type="submit" className="button button-primary" disabled={basket.length === 0 || placing.isPending}>
          <ShoppingBag size={18} aria-hidden />
          {placing.isPending ? "Placing the order…" : "Place the order"}
        </button>
        <p role="alert" className="form-problem">
          {placing.error !== null && errorText(placing.error)}
        </p>
      </form>
    </main>
  );
}

/**
 * Returns the person's basket, a function that changes it, and one that empties it after its order
 * was placed.
 */
function useBasket(): [Basket, (change: Partial<Omit<Basket, "key">>) => void, (key: string) => void] {
  const me = useChat((state) => state.me);
  const [store] = useState(() => new BasketStore(persistentStorage, me));
  const [basket, setBasket] = useState<Basket>(() => store.load() ?? { quantities: {}, note: "", key: uuid() });
  const write = (change: Partial<Omit<Basket, "key">>) => {
    const changed = { ...basket, ...change, key: uuid() };
    store.save(changed);
    setBasket(changed);
  };
  return [basket, write, (key) => store.ordered(key)];
}

function Stepper({ product, quantity, onChange }: { product: Product; quantity: number; onChange: (product: Product, by: number) => void }) {
  const more = useRef<HTMLButtonElement>(null);
  const add = useRef<HTMLButtonElement>(null);
  const empty = quantity === 0;
  const before = useRef(empty);
  useEffect(() => {
    // The pressed button has been removed. Move the focus to the button in its place, unless the
    // focus is elsewhere.
    if (before.current !== empty && (document.activeElement === null || document.activeElement === document.body)) {
      (empty ? add : more).current?.focus();
    }
    before.current = empty;
  }, [empty]);
  if (empty) {
    return (
      <button ref={add} type="button" className="button" aria-label={`Add ${product.title}`} onClick={() => onChange(product, 1)}>
        Add
      </button>
    );
  }
  return (
    <span className="stepper" role="group" aria-label={`Quantity: ${product.title}`}>
      <button type="button" className="icon-button" aria-label="Decrease quantity" onClick={() => onChange(product, -1)}>
        <Minus size={16} aria-hidden />
      </button>
      <output aria-live="polite">{quantity}</output>
      <button ref={more} type="button" className="icon-button" aria-label="Increase quantity" onClick={() => onChange(product, 1)}>
        <Plus size={16} aria-hidden />
      </button>
    </span>
  );
}

function errorText(problem: Error): string {
  if (problem instanceof SessionEnded) return "Please log in again.";
  if (problem instanceof ApiError && !problem.retryable) return `The order was not placed: ${problem.message}`;
  if (problem instanceof ApiError) return "The server had an error. Try again: your order will be placed only once.";
  return "The server cannot be reached. Try again: your order will be placed only once.";
}
