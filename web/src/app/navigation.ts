import { useCallback } from "react";
import { useLocation } from "wouter";
import type { ConversationId } from "../protocol.ts";

/** The state of a history entry. */
interface Entry {
  /** True if the previous history entry is the list. */
  readonly afterList?: boolean;
}

/** Returns the path of a conversation. */
export function chatPath(id: ConversationId): string {
  return `/orders/${encodeURIComponent(id)}`;
}

/**
 * Returns a function that opens a conversation. From the list it adds a history entry. From another
 * conversation it replaces the entry, so that Back leads to the list.
 */
export function useOpenChat(): (id: ConversationId) => void {
  const [, navigate] = useLocation();
  return useCallback(
    (id) => {
      const switches = /^\/orders\/./.test(location.pathname);
      const afterList = switches ? here().afterList === true : location.pathname === "/orders";
      const state: Entry = { afterList };
      navigate(chatPath(id), { replace: switches, state });
    },
    [navigate],
  );
}

/**
 * Returns a function that goes back to the list, with a step back in the history if the list is the
 * previous entry.
 */
export function useBackToList(): () => void {
  const [, navigate] = useLocation();
  return useCallback(() => {
    if (here().afterList === true) history.back();
    else navigate("/orders", { replace: true });
  }, [navigate]);
}

function here(): Entry {
  const state: unknown = history.state;
  return typeof state === "object" && state !== null ? state : {};
}
