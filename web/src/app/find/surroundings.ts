import { type InfiniteData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { EMPTY_TIMELINE, messageAt, newerOf, newestSeq, oldestSeq } from "../../client/index.ts";
import type { Change, ConversationId, History, Message } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";

/** Page size, in messages and changes. */
const PAGE_SIZE = 50;

/** Which page: the one that ends before a `seq`, or the one that begins after it. */
type Which = { readonly before: number } | { readonly after: number };

/** What lies around a message. */
export interface Surroundings {
  readonly messages: readonly Message[];
  readonly changes: readonly Change[];
  /** Messages that these refer to. */
  readonly others: readonly Message[];
  readonly hasEarlier: boolean;
  readonly hasLater: boolean;
  readonly progress: "loading" | "done" | "failed";
  /** Loads what comes before or after, or tries again what has failed. */
  readonly load: (which: "earlier" | "later" | "again") => void;
}

/** Loads what lies around a message. Its messages are shown as they are now. */
export function useSurroundings(id: ConversationId, seq: number): Surroundings {
  const client = useClient();
  const timeline = useChat((state) => state.timelines.get(id) ?? EMPTY_TIMELINE);
  const query = useInfiniteQuery<History, Error, InfiniteData<History, Which>, readonly unknown[], Which>({
    queryKey: ["surroundings", id, seq],
    queryFn: ({ pageParam }) => client.api.history(id, { ...pageParam, limit: PAGE_SIZE }),
    initialPageParam: { before: seq + PAGE_SIZE / 2 },
    getPreviousPageParam: (first) => {
      const oldest = oldestSeq(first) ?? 1;
      return oldest > 1 ? { before: oldest } : undefined;
    },
    getNextPageParam: (last) => (newestSeq(last) < last.lastSeq ? { after: newestSeq(last) } : undefined),
    gcTime: 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  const pages = query.data?.pages;
  const messages = useMemo(
    () => (pages ?? []).flatMap((page) => page.messages).map((message) => newerOf(message, messageAt(timeline, message.seq))),
    [pages, timeline],
  );
  const changes = useMemo(() => (pages ?? []).flatMap((page) => page.changes), [pages]);
  const others = useMemo(() => (pages ?? []).flatMap((page) => page.others), [pages]);
  const again = () => (query.isFetchPreviousPageError ? query.fetchPreviousPage() : query.isFetchNextPageError ? query.fetchNextPage() : query.refetch());
  return {
    messages,
    changes,
    others,
    hasEarlier: query.hasPreviousPage,
    hasLater: query.hasNextPage,
    progress: query.isFetching ? "loading" : query.isError ? "failed" : "done",
    load: (which) => void (which === "earlier" ? query.fetchPreviousPage() : which === "later" ? query.fetchNextPage() : again()),
  };
}
