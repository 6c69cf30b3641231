import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { ChatClient } from "../client/index.ts";
import type { Role, Settings } from "../protocol.ts";
import { browser } from "./browser.ts";
import { ChatContext } from "./chat-context.ts";
import { ConnectionBanner } from "./parts/ConnectionBanner.tsx";
import { LogInExpired } from "./parts/LogInExpired.tsx";
import { TopBar } from "./parts/TopBar.tsx";
import { type LogIn, demoToken, storeToken } from "./session.ts";

/** Provides the chat client to all pages and shows the parts that every page has. */
export function LoggedIn({
  api,
  logIn,
  onLogOut,
  onExpired,
  children,
}: {
  api: string;
  logIn: LogIn;
  onLogOut: () => void;
  onExpired: () => void;
  children: ReactNode;
}) {
  const client = useRunningClient(api, logIn);
  const { role } = logIn.me;
  useEffect(() => loadRest(role), [role]);
  if (client === undefined) return null;
  return (
    <ChatContext value={client}>
      <div className="page">
        <TopBar onLogOut={onLogOut} />
        <ConnectionBanner />
        {children}
      </div>
      <LogInExpired onLogIn={onExpired} />
    </ChatContext>
  );
}

/** Loads the parts that are not in the first load, so that they are there without a network too. */
function loadRest(role: Role): void {
  const ofAll = [
    import("./pages/CheckoutPage.tsx"),
    import("./chat/MessageMenu.tsx"),
    import("./chat/AdminActions.tsx"),
    import("./find/FindPanel.tsx"),
    import("./find/SurroundingMessages.tsx"),
  ];
  const ofAdmins =
    role === "admin"
      ? [
          import("./orders/Views.tsx"),
          import("./orders/RowDesk.tsx"),
          import("./orders/DeskFilters.tsx"),
          import("./bulk/BulkBar.tsx"),
          import("./parts/ShortcutsDialog.tsx"),
          import("./desk/DeskBar.tsx"),
          import("./canned/CannedResponses.tsx"),
          import("./settings/SettingsPage.tsx"),
        ]
      : [];
  Promise.all([...ofAll, ...ofAdmins]).catch(() => undefined);
}

/** What the shop has set, as the keys of queries. */
const SETTINGS = ["tags", "canned_responses", "sla"] as const satisfies readonly Settings[];

/** Events by which a person uses the page. */
const USES = ["keydown", "pointerdown", "pointermove", "wheel"] as const;

/**
 * Creates a chat client, keeps it connected while this component is mounted, and passes browser
 * events to it.
 */
function useRunningClient(api: string, logIn: LogIn): ChatClient | undefined {
  const [client, setClient] = useState<ChatClient>();
  const queries = useQueryClient();

  useEffect(() => {
    const renew = async () => {
      const token = await demoToken(logIn.me);
      if (token !== undefined) storeToken(logIn.me, token);
      return token;
    };
    const running = new ChatClient(browser(api), { ...logIn, renew });
    const online = () => running.networkChanged(true);
    const offline = () => running.networkChanged(false);
    const becameVisible = () => {
      if (document.visibilityState === "visible") running.checkConnection();
    };
    const used = () => running.used();
    const storageChanged = (event: StorageEvent) => running.storageChanged(event.key);
    const beforeUnload = (event: BeforeUnloadEvent) => {
      // Some messages could not be stored and would be lost, so the browser asks before it leaves.
      if (running.state.unstored) event.preventDefault();
    };
    const unsubscribe = running.onEvent((event) => {
      if (event.event === "order_created" || event.event === "order_updated") {
        void queries.invalidateQueries({ queryKey: ["counts"] });
        void queries.invalidateQueries({ queryKey: ["order", event.order.id] });
      }
      if (event.event === "settings_updated") void queries.invalidateQueries({ queryKey: [event.what] });
    });
    // What the shop has set meanwhile was told to nobody who was away.
    let known: "not yet" | "online" | "away" = "not yet";
    const unwatch = running.subscribe(() => {
      if (running.state.connection !== "online") {
        if (known === "online") known = "away";
        return;
      }
      if (known === "away") for (const what of SETTINGS) void queries.invalidateQueries({ queryKey: [what] });
      known = "online";
    });
    addEventListener("online", online);
    addEventListener("offline", offline);
    addEventListener("pageshow", becameVisible);
    addEventListener("focus", becameVisible);
    for (const use of USES) addEventListener(use, used, { passive: true });
    document.addEventListener("visibilitychange", becameVisible);
    addEventListener("storage", storageChanged);
    addEventListener("beforeunload", beforeUnload);
    running.start();
    setClient(running);
    return () => {
      removeEventListener("online", online);
      removeEventListener("offline", offline);
      removeEventListener("pageshow", becameVisible);
      removeEventListener("focus", becameVisible);
      for (const use of USES) removeEventListener(use, used);
      document.removeEventListener("visibilitychange", becameVisible);
      removeEventListener("storage", storageChanged);
      removeEventListener("beforeunload", beforeUnload);
      unsubscribe();
      unwatch();
      running.stop();
    };
  }, [api, logIn, queries]);
  return client;
}
