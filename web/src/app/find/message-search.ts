import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { EMPTY_TIMELINE, messageAt, newerOf } from "../../client/index.ts";
import type { ConversationId, FoundMessage } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";
import { normalized, useDebounced } from "../search-words.ts";

/** So many messages are searched for at a time. */
const PAGE_SIZE = 20;

/** At most so many requests are made at a time. Each looks at up to 1,000 messages and changes. */
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
  const typed = normalized(words);
  const sent = useDebounced(typed);
  const search = useInfiniteQuery({
    queryKey: ["message-search", id, sent],
    queryFn: ({ pageParam }) => client.api.searchMessages(id, { q: sent, before: pageParam, limit: PAGE_SIZE }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.searchedTo,
    enabled: online && sent !== "",
    gcTime: 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  const { fetchNextPage, refetch, isFetching, isError, hasNextPage } = search;
  const pages = sent === typed ? search.data?.pages : undefined;
  const items = useMemo(() => (pages ?? []).flatMap((page) => page.items), [pages]);
  const [found, isStale] = useUnchanged(id, items);
  useEffect(() => {
    if (isStale && !isFetching && !isError) void refetch();
  }, [isStale, isFetching, isError, refetch]);

  // What there was when the person asked to search further.
  const [asked, setAsked] = useState({ q: "", items: 0, pages: 0 });
  const from = asked.q === sent ? asked : { items: 0, pages: 0 };
  const isEnough = pages === undefined || items.length - from.items >= PAGE_SIZE || pages.length - from.pages >= MOST_REQUESTS;
  const goesOn = !isEnough && hasNextPage && !isFetching && !isError;
  useEffect(() => {
    if (goesOn) void fetchNextPage();
  }, [goesOn, pages, fetchNextPage]);
  return {
    found,
    progress: progressOf(),
    hasMore: pages !== undefined && hasNextPage,
    searchFurther: () => {
      setAsked({ q: sent, items: items.length, pages: pages?.length ?? 0 });
      void (search.isFetchNextPageError || search.isSuccess ? fetchNextPage() : refetch());
    },
  };

  function progressOf(): MessageSearch["progress"] {
    if (typed === "") return "none";
    if (pages === undefined && !online) return "failed";
    if (sent === typed && isError) return "failed";
    return sent !== typed || isFetching || goesOn || isStale ? "searching" : "done";
  }
}

/**
 * Returns what was found without what has another text since, and whether a text was edited: it may
 * have the words still.
 */
function useUnchanged(id: ConversationId, items: readonly FoundMessage[]): [readonly FoundMessage[], boolean] {
  const timeline = useChat((state) => state.timelines.get(id) ?? EMPTY_TIMELINE);
  return useMemo(() => {
    const now = ({ message }: FoundMessage) => newerOf(message, messageAt(timeline, message.seq));
    const isUnchanged = (item: FoundMessage) => now(item).body === item.message.body;
    const isEdited = items.some((item) => !isUnchanged(item) && now(item).deleted === undefined);
    return [items.filter(isUnchanged), isEdited];
  }, [items, timeline]);
}
