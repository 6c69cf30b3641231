import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { personKey } from "../client/index.ts";
import { LoggedIn } from "./LoggedIn.tsx";
import { LogInPage } from "./pages/LogInPage.tsx";
import { NotFoundPage } from "./pages/NotFoundPage.tsx";
import { OrdersPage } from "./pages/OrdersPage.tsx";
import { type LogIn, storeLogIn, storedLogIn } from "./session.ts";

/** Loaded after the first page is shown. */
const CheckoutPage = lazy(() => import("./pages/CheckoutPage.tsx"));
const SettingsPage = lazy(() => import("./settings/SettingsPage.tsx"));

/**
 * Shows the log-in page, or the routes of a logged-in person. `api` is the origin of the REST API.
 */
export function App({ api }: { api: string }) {
  const [logIn, setLogIn] = useState(storedLogIn);
  const [, navigate] = useLocation();

  const change = (to: LogIn | undefined) => {
    storeLogIn(to);
    setLogIn(to);
  };
  const logOut = () => {
    change(undefined);
    navigate("/", { replace: true });
  };
  if (logIn === undefined) return <LogInPage onLogIn={change} />;
  return (
    <Queries key={personKey(logIn.me)}>
      <LoggedIn api={api} logIn={logIn} onLogOut={logOut} onExpired={() => change(undefined)}>
        <Switch>
          <Route path="/">
            <Redirect to="/orders" replace />
          </Route>
          <Route path="/orders/:id?">{({ id }) => <OrdersPage id={id} />}</Route>
          <Route path="/checkout">
            <Suspense fallback={<main className="checkout" aria-busy />}>
              <CheckoutPage />
            </Suspense>
          </Route>
          <Route path="/settings/:part?">
            {({ part }) => (
              <Suspense fallback={<main className="settings" aria-busy />}>
                <SettingsPage part={part} />
              </Suspense>
            )}
          </Route>
          <Route>
            <NotFoundPage />
          </Route>
        </Switch>
      </LoggedIn>
    </Queries>
  );
}

/**
 * Creates a query cache for one log-in, so that the next person does not see cached data of the
 * previous one. Without a network, requests fail at once instead of being paused.
 */
function Queries({ children }: { children: React.ReactNode }) {
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: { queries: { staleTime: 30_000, retry: 2, networkMode: "always" }, mutations: { networkMode: "always" } },
      }),
  );
  return <QueryClientProvider client={queries}>{children}</QueryClientProvider>;
}
