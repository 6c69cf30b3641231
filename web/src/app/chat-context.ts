import { createContext, useContext, useRef, useSyncExternalStore } from "react";
import type { ChatClient, State } from "../client/index.ts";

/** The client of whoever is logged in. */
export const ChatContext = createContext<ChatClient | undefined>(undefined);

/** The client of whoever is logged in. */
export function useClient(): ChatClient {
  const client = useContext(ChatContext);
  if (client === undefined) throw new Error("Nobody is logged in here.");
  return client;
}

/** A part of what the client knows. `select` has to answer the same value while that part is the same. */
export function useChat<Part>(select: (state: State) => Part): Part {
  const client = useClient();
  return useSyncExternalStore(client.subscribe, () => select(client.state));
}

/** A value as it was at the last rendering, for callbacks that outlive it. */
export function useLatest<Value>(value: Value): { readonly current: Value } {
  const latest = useRef(value);
  latest.current = value;
  return latest;
}
