import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ConversationEntry, ListFilter } from "../../client/index.ts";
import type { Conversation, Time } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";
import { normalized, useDebounced } from "../search-words.ts";

/** Page size, in conversations. */
const PAGE_SIZE = 50;

/** The result of a search on the server. */
export interface SearchResult {
  /** The conversations found so far. */
  readonly found: readonly Conversation[];
  /**
   * `none`: there is no search. `searching`: the request is running. `done`: it is done. `failed`:
   * it failed.
   */
  readonly progress: "none" | "searching" | "done" | "failed";
  /**
   * The server has searched back to this last activity. Undefined if it has searched everything.
   */
  readonly searchedTo: Time | undefined;
  /** Searches further back, or tries again after a failure. */
  readonly searchFurther: () => void;
}

/**
 * Searches orders on the server, among those of the filter. Conversations that are loaded are filtered
 * separately.
 */
export function useSearch(words: string, filter: ListFilter | undefined): SearchResult {
  const client = useClient();
  const online = useChat((state) => state.connection === "online");
  const typed = normalized(words);
  const sent = useDebounced(typed);
  const search = useInfiniteQuery({
    queryKey: ["search", sent, filter],
    queryFn: ({ pageParam }) => client.api.conversations({ ...filter, q: sent, cursor: pageParam, limit: PAGE_SIZE }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    enabled: online && sent !== "",
  });
  const pages = search.data?.pages;
  const found = useMemo(() => (sent === typed ? (pages ?? []).flatMap((page) => page.items) : []), [pages, sent, typed]);
  const last = pages?.at(-1);
  const progress = progressOf();
  return {
    found,
    progress,
    searchedTo: progress === "done" && last?.nextCursor !== undefined ? (last.searchedTo ?? last.items.at(-1)?.lastActivityAt) : undefined,
    searchFurther: () => void (search.isFetchNextPageError || search.isSuccess ? search.fetchNextPage() : search.refetch()),
  };

  function progressOf(): SearchResult["progress"] {
    if (typed === "") return "none";
    if (!online || (sent === typed && search.isError)) return "failed";
    return sent !== typed || search.isFetching ? "searching" : "done";
  }
}

/** Adds the conversations that only the server has found to those that match in the client. */
export function withFound(held: ReadonlyMap<string, ConversationEntry>, matching: readonly ConversationEntry[], found: readonly Conversation[]): readonly ConversationEntry[] {
  const shown = new Map(matching.map((entry) => [entry.conversation.id, entry]));
  for (const conversation of found) {
    const { id, unread = 0 } = conversation;
    if (!shown.has(id)) shown.set(id, held.get(id) ?? { conversation, unread, stale: false, presenceAt: 0 });
  }
  return [...shown.values()];
}
