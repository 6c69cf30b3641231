import { Inbox, RotateCw } from "lucide-react";
import { useRef, useState } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { ConversationEntry } from "../../client/index.ts";
import { useChat, useClient } from "../chat-context.ts";
import { dayAndMonth } from "../format.ts";
import { useToday } from "../now.ts";
import { EmptyState } from "../parts/EmptyState.tsx";
import { ConversationRow } from "./ConversationRow.tsx";
import type { SearchResult } from "./search.ts";

/** The next page is loaded this close to the end, in pixels. */
const NEAR_END = 600;

/** A virtualized list of the conversations, with the latest activity first. */
export function ConversationList({
  entries,
  none,
  openId,
  search,
}: {
  entries: readonly ConversationEntry[];
  /** True if there are no orders, as far as the client knows. */
  none: boolean;
  openId: string | undefined;
  search: SearchResult;
}) {
  const client = useClient();
  const listed = useChat((state) => state.listLoaded);
  const failure = useChat((state) => state.failure);
  const more = useChat((state) => state.olderCursor !== undefined);
  const today = useToday();
  const rows = useRef<VirtualizerHandle>(null);
  const [loading, setLoading] = useState(false);

  const searching = search.progress !== "none";

  const load = async () => {
    if (loading || !more || searching) return;
    setLoading(true);
    // After a failure the next scroll or the button loads again.
    await client.loadMoreConversations().catch(() => undefined);
    setLoading(false);
  };
  const scrolled = (offset: number) => {
    const list = rows.current;
    if (list !== null && offset + list.viewportSize > list.scrollSize - NEAR_END) void load();
  };
  if (!listed && failure !== undefined) {
    return (
      <EmptyState
        icon={<RotateCw size={28} aria-hidden />}
        title="The orders could not be loaded"
        action={
          <button type="button" className="button" onClick={() => void client.sync()}>
            Try again
          </button>
        }
      >
        {failure}
      </EmptyState>
    );
  }
  if (!listed) return <Skeleton />;
  const older = searching ? <SearchedBack search={search} found={entries.length > 0} /> : more && (
    <button type="button" className="button list-more" disabled={loading} onClick={() => void load()}>
      {loading ? "Loading…" : "Load older orders"}
    </button>
  );
  if (entries.length === 0) {
    return (
      <div className="list-empty">
        <Inbox size={28} aria-hidden />
        {!searching && <p>{none ? "No orders yet." : more ? "None of the loaded orders match." : "No orders match."}</p>}
        {older}
      </div>
    );
  }
  return (
    <nav className="list" aria-label="Conversations" tabIndex={-1}>
      <Virtualizer ref={rows} as="ul" item="li" data={entries} onScroll={scrolled}>
        {(entry) => <ConversationRow key={entry.conversation.id} entry={entry} open={entry.conversation.id === openId} today={today} />}
      </Virtualizer>
      {older}
    </nav>
  );
}

/** Shows how far back the server has searched, and a button to continue. */
function SearchedBack({ search, found }: { search: SearchResult; found: boolean }) {
  const { progress, searchedTo, searchFurther } = search;
  const back = searchedTo === undefined ? "" : `Searched back to ${dayAndMonth(searchedTo)}.`;
  return (
    <div className="searched">
      <p role="status">
        {progress === "searching" && "Searching all orders…"}
        {progress === "done" && [!found && "No orders match.", back].filter((words) => words !== false && words !== "").join(" ")}
        {progress === "failed" && "The server could not be reached. Only the loaded orders were searched."}
      </p>
      {(searchedTo !== undefined || progress === "failed") && (
        <button type="button" className="button" onClick={searchFurther}>
          {progress === "failed" ? "Try again" : "Search further back"}
        </button>
      )}
    </div>
  );
}

function Skeleton() {
  return (
    <div className="list" role="status" aria-label="Loading the orders">
      {[0, 1, 2, 3].map((row) => (
        <div key={row} className="skeleton-row" aria-hidden>
          <span className="skeleton skeleton-picture" />
          <span className="skeleton-lines">
            <span className="skeleton" />
            <span className="skeleton" />
          </span>
        </div>
      ))}
    </div>
  );
}
