import { MessageSquareText, ShoppingBag } from "lucide-react";
import { Link, useRoute } from "wouter";
import { useChat } from "../chat-context.ts";
import { AccountMenu } from "./AccountMenu.tsx";

/** Where one is, and who. */
export function TopBar({ onLogOut }: { onLogOut: () => void }) {
  const me = useChat((state) => state.me);
  const [atOrders] = useRoute("/orders/:id?");
  const [atCheckout] = useRoute("/checkout");
  return (
    <header className="topbar">
      <Link href="/orders" className="brand" aria-label="Order chat, to the orders">
        <img src="/icon.svg" alt="" width="30" height="30" />
        <span>Order chat</span>
      </Link>
      <nav aria-label="Pages" className="pages">
        <Link href="/orders" aria-current={atOrders ? "page" : undefined}>
          <MessageSquareText size={18} aria-hidden />
          <span>{me.role === "admin" ? "All orders" : "My orders"}</span>
        </Link>
        {me.role === "customer" && (
          <Link href="/checkout" aria-current={atCheckout ? "page" : undefined}>
            <ShoppingBag size={18} aria-hidden />
            <span>Shop</span>
          </Link>
        )}
      </nav>
      <AccountMenu onLogOut={onLogOut} />
    </header>
  );
}
