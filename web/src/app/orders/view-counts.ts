import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { PushedEvent } from "../../client/index.ts";
import type { DeskEntry, Views } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";

/** The counts are asked for at most this often because of events, in milliseconds. */
const INTERVAL_MS = 30_000;

/** The entries of the shop's log that move a conversation into another view. */
const MOVES: readonly string[] = ["assigned", "snoozed", "woken"] satisfies readonly DeskEntry["type"][];

/** Returns how many conversations each view has, and keeps it up to date while the page is visible. */
export function useViewCounts(): Views | undefined {
  const client = useClient();
  const queries = useQueryClient();
  const online = useChat((state) => state.connection === "online");
  // What the person decides shows soon.
  const deciding = useChat((state) => state.pendingDecisions.length > 0);
  const { data } = useQuery({ queryKey: ["views"], queryFn: () => client.api.admin.views(), enabled: online, staleTime: INTERVAL_MS });

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isDue = false;
    const refresh = (delay: number) => {
      timer ??= setTimeout(() => {
        timer = undefined;
        // A hidden page asks when it is seen again.
        if (document.visibilityState === "visible") void queries.invalidateQueries({ queryKey: ["views"] });
        else isDue = true;
      }, delay);
    };
    const seen = () => {
      if (document.visibilityState !== "visible" || !isDue) return;
      isDue = false;
      void queries.invalidateQueries({ queryKey: ["views"] });
    };
    const unsubscribe = client.onEvent((event) => {
      if (changesViews(event)) refresh(Math.max(0, (queries.getQueryState(["views"])?.dataUpdatedAt ?? 0) + INTERVAL_MS - Date.now()));
    });
    document.addEventListener("visibilitychange", seen);
    return () => {
      clearTimeout(timer);
      unsubscribe();
      document.removeEventListener("visibilitychange", seen);
    };
  }, [client, queries]);

  useEffect(() => {
    if (online && !deciding) void queries.invalidateQueries({ queryKey: ["views"] });
  }, [online, deciding, queries]);
  return data;
}

/** Returns true if an event can move a conversation into another view. */
function changesViews(event: PushedEvent): boolean {
  if (event.event === "order_created" || event.event === "conversation_updated") return true;
  if (event.event === "desk_updated") return MOVES.includes(event.entry?.type);
  // A text of the customer wakes a conversation that is snoozed or archived.
  return (event.event === "new_message" || event.event === "order_message_update") && event.message?.sender?.role === "customer";
}
