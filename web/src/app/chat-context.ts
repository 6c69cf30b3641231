import { createContext, useContext, useRef, useSyncExternalStore } from "react";
import type { ChatClient, State } from "../client/index.ts";

/** The chat client of the logged-in person. */
export const ChatContext = createContext<ChatClient | undefined>(undefined);

/** Returns the chat client of the logged-in person. */
export function useClient(): ChatClient {
  const client = useContext(ChatContext);
  if (client === undefined) throw new Error("useClient needs a ChatContext around it.");
  return client;
}

/**
 * Returns a part of the client's state. `select` must return the same value while that part is
 * unchanged.
 */
export function useChat<Part>(select: (state: State) => Part): Part {
  const client = useClient();
  return useSyncExternalStore(client.subscribe, () => select(client.state));
}

/**
 * Returns a ref with the value of the last rendering, for callbacks that live longer than one
 * rendering.
 */
export function useLatest<Value>(value: Value): { readonly current: Value } {
  const latest = useRef(value);
  latest.current = value;
  return latest;
}
