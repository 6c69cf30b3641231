import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { ConversationEntry } from "../../client/index.ts";
import type { Conversation, Time } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";

/** The server is asked once nobody has typed for this long, in milliseconds. */
const QUIET = 300;

/** The server looks for no less, in characters; and for no more. */
const [SHORTEST, LONGEST] = [2, 100];

/** Conversations of a page. */
const PAGE = 50;

/** What the server knows of a search. */
export interface SearchResult {
  /** What it has found so far. */
  readonly found: readonly Conversation[];
  /** Nothing is searched for; the server is looking; it has looked; it could not. */
  readonly progress: "none" | "looking" | "looked" | "failed";
  /** Up to this moment of last activity it has looked; absent if it has looked at everything. */
  readonly searchedTo: Time | undefined;
  /** Looks further back, or once more where it failed. */
  readonly further: () => void;
}

/** Has the server look for orders. What is loaded can be filtered at once, beside this. */
export function useSearch(words: string): SearchResult {
  const client = useClient();
  const online = useChat((state) => state.connection === "online");
  const typed = normalized(words);
  const asked = useQuiet(typed);
  const search = useInfiniteQuery({
    queryKey: ["search", asked],
    queryFn: ({ pageParam }) => client.api.conversations({ q: asked, cursor: pageParam, limit: PAGE }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    enabled: online && asked !== "",
  });
  const pages = search.data?.pages;
  const found = useMemo(() => (asked === typed ? (pages ?? []).flatMap((page) => page.items) : []), [pages, asked, typed]);
  const last = pages?.at(-1);
  const progress = progressOf();
  return {
    found,
    progress,
    searchedTo: progress === "looked" && last?.nextCursor !== undefined ? (last.searchedTo ?? last.items.at(-1)?.lastActivityAt) : undefined,
    further: () => void (search.isFetchNextPageError || search.isSuccess ? search.fetchNextPage() : search.refetch()),
  };

  function progressOf(): SearchResult["progress"] {
    if (typed === "") return "none";
    if (!online || (asked === typed && search.isError)) return "failed";
    return asked !== typed || search.isFetching ? "looking" : "looked";
  }
}

/** What the server is asked for: the same search, however it was typed; empty for what is too short to be looked for. */
export function normalized(words: string): string {
  const characters = [...words.trim().toLowerCase().split(/\s+/).join(" ")];
  return characters.length < SHORTEST ? "" : characters.slice(0, LONGEST).join("").trimEnd();
}

/** With what the server has found and the client does not hold. */
export function withFound(held: ReadonlyMap<string, ConversationEntry>, matching: readonly ConversationEntry[], found: readonly Conversation[]): readonly ConversationEntry[] {
  const shown = new Map(matching.map((entry) => [entry.conversation.id, entry]));
  for (const conversation of found) {
    const { id, unread = 0 } = conversation;
    if (!shown.has(id)) shown.set(id, held.get(id) ?? { conversation, unread, stale: false, statusAt: 0, presenceAt: 0 });
  }
  return [...shown.values()];
}

/** A value once it has stayed the same for a while. */
function useQuiet(value: string): string {
  const [quiet, setQuiet] = useState(value);
  useEffect(() => {
    const waiting = setTimeout(() => setQuiet(value), QUIET);
    return () => clearTimeout(waiting);
  }, [value]);
  return quiet;
}
