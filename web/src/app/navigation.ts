import { useCallback } from "react";
import { useLocation } from "wouter";
import type { ConversationId } from "../protocol.ts";

/** What an entry of the browser's history says of itself. */
interface Entry {
  /** The entry before it is the list. */
  readonly afterList?: boolean;
}

/** The address of a conversation. */
export function chatPath(id: ConversationId): string {
  return `/orders/${encodeURIComponent(id)}`;
}

/**
 * How to open a conversation. From the list it is one step of the history; from another conversation it takes that one's place, so that
 * the system's Back leads to the list and not through every conversation that was looked at.
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

/** How to go back to the list: where the list is the step before, by taking that step back. */
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
