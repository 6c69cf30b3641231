import type { ListFilter } from "../../client/index.ts";
import type { Conversation, ConversationId, ConversationPage } from "../../protocol.ts";

/** Page size, in conversations. It is the server's maximum. */
const PAGE_SIZE = 100;

/** What "all that match" are looked for with. */
export interface Matching {
  readonly filter: ListFilter;
  /** The words of the search, or undefined without one. */
  readonly words: string | undefined;
  /** Returns true for those that the list would show. The server does not know all filters. */
  readonly isShown: (conversation: Conversation) => boolean;
  /** The most that are wanted. */
  readonly most: number;
  readonly page: (query: ListFilter & { q?: string; cursor?: string | undefined; limit: number }) => Promise<ConversationPage>;
  /** Gets those of each page. Returns false to stop. */
  readonly found: (ids: readonly ConversationId[]) => boolean;
}

/** Pages through all conversations that match. Returns true if there are more than are wanted. */
export async function findMatching({ filter, words, isShown, most, page, found }: Matching): Promise<boolean> {
  const ids = new Set<ConversationId>();
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await page({ ...filter, ...(words !== undefined && { q: words }), cursor, limit: PAGE_SIZE });
    // A conversation that moves meanwhile can come twice.
    const news = items.filter((conversation) => !ids.has(conversation.id) && isShown(conversation)).map(({ id }) => id);
    for (const id of news) ids.add(id);
    if (!found(news)) return false;
    cursor = nextCursor;
  } while (cursor !== undefined && ids.size < most);
  return ids.size > most || cursor !== undefined;
}
