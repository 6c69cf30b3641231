import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { ListFilter } from "../../client/index.ts";
import type { Conversation } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";

/** Page size, in conversations. */
const PAGE_SIZE = 50;

/** So many empty pages in a row are loaded without being asked for. */
const MOST_EMPTY = 10;

/** What of the list is not loaded yet. */
export interface OlderPages {
  /** True if there may be more. */
  readonly more: boolean;
  readonly loading: boolean;
  readonly failed: boolean;
  /** Loads the next page, or tries again after a failure. */
  readonly load: () => void;
}

/** Pages through the whole list. */
export function useOlderPages(): OlderPages {
  const client = useClient();
  const more = useChat((state) => state.olderCursor !== undefined);
  const [loading, setLoading] = useState(false);
  const load = async () => {
    if (loading || !more) return;
    setLoading(true);
    // After a failure the next scroll or the button loads again.
    await client.loadMoreConversations().catch(() => undefined);
    setLoading(false);
  };
  return { more, loading, failed: false, load: () => void load() };
}

/** The pages of a filtered list. */
export interface FilteredPages extends OlderPages {
  /** What they contain. */
  readonly found: readonly Conversation[];
}

const NOTHING: readonly Conversation[] = [];

/**
 * Pages through a filtered list. The conversations come into the client's state, where events keep them
 * up to date.
 */
export function useFilteredPages(filter: ListFilter | undefined): FilteredPages {
  const client = useClient();
  const enabled = useChat((state) => state.connection === "online" && state.listLoaded) && filter !== undefined;
  // After a lost connection what is further down is dropped from the state.
  const refreshes = useChat((state) => state.refreshes);
  const query = useInfiniteQuery({
    queryKey: ["filtered", filter, refreshes],
    queryFn: ({ pageParam }) => client.loadFiltered(filter ?? {}, pageParam, PAGE_SIZE),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    enabled,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  const { data, isFetching, isError, hasNextPage, fetchNextPage, refetch } = query;
  const load = () => {
    if (isFetching) return;
    void (isError && data === undefined ? refetch() : fetchNextPage());
  };
  const found = useMemo(() => (filter === undefined ? NOTHING : (data?.pages.flatMap(({ items }) => items) ?? NOTHING)), [filter, data]);
  // A page can be empty although there are more.
  const isEmpty = found.length === 0 && hasNextPage && !isFetching && !isError && (data?.pages.length ?? 0) < MOST_EMPTY;
  useEffect(() => {
    if (isEmpty) void fetchNextPage();
  }, [isEmpty, data, fetchNextPage]);
  return { found, more: filter !== undefined && (hasNextPage || (isError && data === undefined)), loading: enabled && isFetching, failed: isError, load };
}
