import { MessageSquareText, ShoppingBag } from "lucide-react";
import { Suspense, lazy } from "react";
import { Link, useRoute } from "wouter";
import { useChat } from "../chat-context.ts";
import { unreadOf, unreadText } from "../unread.ts";
import { AccountButton } from "./AccountButton.tsx";
import { NewOrders } from "./NewOrders.tsx";
import { UnreadBadge } from "./UnreadBadge.tsx";

/** Menus are loaded after the first page is shown. */
const AccountMenu = lazy(() => import("./AccountMenu.tsx"));

/** The bar at the top: navigation, the notice of new orders, and the account menu. */
export function TopBar({ onLogOut }: { onLogOut: () => void }) {
  const me = useChat((state) => state.me);
  const unread = useChat((state) => unreadText(unreadOf(state)));
  const [atOrders] = useRoute("/orders/:id?");
  const [atCheckout] = useRoute("/checkout");
  return (
    <header className="topbar">
      <Link href="/orders" className="brand" aria-label="Order chat, go to the list of orders">
        <img src="/icon.svg" alt="" width="30" height="30" />
        <span>Order chat</span>
      </Link>
      <nav aria-label="Pages" className="pages">
        <Link href="/orders" aria-current={atOrders ? "page" : undefined}>
          <MessageSquareText size={18} aria-hidden />
          <span>{me.role === "admin" ? "All orders" : "My orders"}</span>
          {!atOrders && <UnreadBadge text={unread} />}
        </Link>
        {me.role === "customer" && (
          <Link href="/checkout" aria-current={atCheckout ? "page" : undefined}>
            <ShoppingBag size={18} aria-hidden />
            <span>Shop</span>
          </Link>
        )}
      </nav>
      <NewOrders />
      <Suspense fallback={<AccountButton disabled />}>
        <AccountMenu onLogOut={onLogOut} />
      </Suspense>
    </header>
  );
}
