import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { EMPTY_TIMELINE, isNewer, messageAt } from "../../client/index.ts";
import type { ConversationId, FoundMessage } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";
import { normalized, useDebounced } from "../search-words.ts";

/** Page size, in messages. */
const PAGE_SIZE = 20;

/** So many requests are made without being asked for, until a page is full. */
const MOST_REQUESTS = 10;

/** The result of a search among the messages of a conversation. */
export interface MessageSearch {
  /** What was found so far, newest first. */
  readonly found: readonly FoundMessage[];
  /** `none`: there is no search. `searching`, `done`, `failed`: the last request runs, is done, has failed. */
  readonly progress: "none" | "searching" | "done" | "failed";
  /** True if older messages were not searched yet. */
  readonly hasMore: boolean;
  /** Searches further back, or tries again after a failure. */
  readonly searchFurther: () => void;
}

/** Searches the messages of a conversation on the server. */
export function useMessageSearch(id: ConversationId, words: string): MessageSearch {
  const client = useClient();
  const online = useChat((state) => state.connection === "online");
  const timeline = useChat((state) => state.timelines.get(id) ?? EMPTY_TIMELINE);
  const typed = normalized(words);
  const sent = useDebounced(typed);
  const search = useInfiniteQuery({
    queryKey: ["message-search", id, sent],
    queryFn: ({ pageParam }) => client.api.searchMessages(id, { q: sent, before: pageParam, limit: PAGE_SIZE }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.searchedTo,
    enabled: online && sent !== "",
    gcTime: 0,
  });
  const pages = search.data?.pages;
  const current = sent === typed && pages !== undefined;
  const items = useMemo(() => (current ? pages.flatMap((page) => page.items) : []), [current, pages]);
  // A text that was changed since does not have to contain the words.
  const found = useMemo(
    () =>
      items.filter(({ message }) => {
        const held = messageAt(timeline, message.seq);
        return held === undefined || !isNewer(held, message) || held.body === message.body;
      }),
    [items, timeline],
  );
  const { fetchNextPage } = search;
  const goesOn = current && search.hasNextPage && !search.isFetching && !search.isError && items.length < PAGE_SIZE && pages.length % MOST_REQUESTS !== 0;
  useEffect(() => {
    if (goesOn) void fetchNextPage();
  }, [goesOn, pages, fetchNextPage]);
  return {
    found,
    progress: progressOf(),
    hasMore: current && search.hasNextPage,
    searchFurther: () => void (search.isFetchNextPageError || search.isSuccess ? fetchNextPage() : search.refetch()),
  };

  function progressOf(): MessageSearch["progress"] {
    if (typed === "") return "none";
    if (!online || (sent === typed && search.isError)) return "failed";
    return sent !== typed || search.isFetching || goesOn ? "searching" : "done";
  }
}
