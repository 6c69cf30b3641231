import { useMutation } from "@tanstack/react-query";
import { Minus, Plus, ShoppingBag } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Redirect, useLocation } from "wouter";
import { SessionEnded, ApiError } from "../../client/index.ts";
import type { OrderRequest } from "../../protocol.ts";
import { uuid } from "../browser.ts";
import { useChat, useClient } from "../chat-context.ts";
import { CURRENCY, PRODUCTS, type Product } from "../demo.ts";
import { money } from "../format.ts";
import { pictureUrl } from "../pictures.ts";
import { withoutControls } from "../text.ts";

/** As many of a product as the page lets one order. */
const MOST = 99;

/** A small shop: fill a basket, place the order, and be in its conversation. */
export function CheckoutPage() {
  const client = useClient();
  const isAdmin = useChat((state) => state.me.role === "admin");
  const [, navigate] = useLocation();
  const [quantities, setQuantities] = useState<Readonly<Record<string, number>>>({});
  const [note, setNote] = useState("");
  // One key for one order, however often the button has to be pressed until it is placed.
  const [key, setKey] = useState(uuid);

  const basket = PRODUCTS.flatMap((product) => {
    const quantity = quantities[product.sku] ?? 0;
    return quantity > 0 ? [{ product, quantity }] : [];
  });
  const total = basket.reduce((sum, { product, quantity }) => sum + product.price * quantity, 0);
  const change = (product: Product, by: number) => {
    setKey(uuid());
    setQuantities((held) => ({ ...held, [product.sku]: Math.min(MOST, Math.max(0, (held[product.sku] ?? 0) + by)) }));
  };
  const placing = useMutation({
    mutationFn: ({ order, key }: { order: OrderRequest; key: string }) => client.api.placeOrder(order, key),
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
    // Said here it happens only as long as the page is there: whoever has gone elsewhere stays there.
    placing.mutate({ order, key }, { onSuccess: ({ conversation }) => navigate(`/orders/${conversation.id}`) });
  };
  if (isAdmin) return <Redirect to="/orders" replace />;
  return (
    <main className="checkout">
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
          <p className="muted">Nothing chosen yet.</p>
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
            onChange={(event) => {
              setKey(uuid());
              setNote(withoutControls(event.target.value));
            }}
          />
        </label>
        <button type="submit" className="button button-primary" disabled={basket.length === 0 || placing.isPending}>
          <ShoppingBag size={18} aria-hidden />
          {placing.isPending ? "Placing the order…" : "Place the order"}
        </button>
        <p role="alert" className="form-problem">
          {placing.error !== null && wordsFor(placing.error)}
        </p>
      </form>
    </main>
  );
}

function Stepper({ product, quantity, onChange }: { product: Product; quantity: number; onChange: (product: Product, by: number) => void }) {
  if (quantity === 0) {
    return (
      <button type="button" className="button" aria-label={`Add ${product.title}`} onClick={() => onChange(product, 1)}>
        Add
      </button>
    );
  }
  return (
    <span className="stepper" role="group" aria-label={`How many: ${product.title}`}>
      <button type="button" className="icon-button" aria-label="One less" onClick={() => onChange(product, -1)}>
        <Minus size={16} aria-hidden />
      </button>
      <output aria-live="polite">{quantity}</output>
      <button type="button" className="icon-button" aria-label="One more" onClick={() => onChange(product, 1)}>
        <Plus size={16} aria-hidden />
      </button>
    </span>
  );
}

function wordsFor(problem: Error): string {
  if (problem instanceof SessionEnded) return "Your log-in has expired.";
  if (problem instanceof ApiError) return `The order was not placed: ${problem.message}`;
  return "The server cannot be reached. Try again: the order will be placed once, however often you press.";
}
