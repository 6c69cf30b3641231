import { Inbox, RotateCw } from "lucide-react";
import type { RefObject } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { ConversationEntry } from "../../client/index.ts";
import type { Conversation, Desk } from "../../protocol.ts";
import { useChat, useClient } from "../chat-context.ts";
import { dayAndMonth, orderNumber } from "../format.ts";
import { useToday } from "../now.ts";
import { EmptyState } from "../parts/EmptyState.tsx";
import { ConversationRow } from "./ConversationRow.tsx";
import type { OlderPages } from "./pages.ts";
import { RowSelect } from "./RowSelect.tsx";
import type { SearchResult } from "./search.ts";
import type { Selecting } from "./select.ts";

/** The next page is loaded this close to the end, in pixels. */
const NEAR_END = 600;

/** A virtualized list of the conversations. */
export function ConversationList({
  entries,
  deskOf,
  none,
  openId,
  search,
  pages,
  selecting,
  rows,
}: {
  entries: readonly ConversationEntry[];
  deskOf: (conversation: Conversation) => Desk | undefined;
  /** True if there are no orders, as far as the client knows. */
  none: boolean;
  openId: string | undefined;
  search: SearchResult;
  pages: OlderPages;
  /** Absent for a customer. */
  selecting: Selecting | undefined;
  rows: RefObject<VirtualizerHandle | null>;
}) {
  const client = useClient();
  const listed = useChat((state) => state.listLoaded);
  const failure = useChat((state) => state.failure);
  const today = useToday();

  const searching = search.progress !== "none";
  const { more, loading, failed, load } = pages;

  const scrolled = (offset: number) => {
    const list = rows.current;
    if (more && !failed && !searching && list !== null && offset + list.viewportSize > list.scrollSize - NEAR_END) load();
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
    <button type="button" className="button list-more" disabled={loading} onClick={load}>
      {loading ? "Loading…" : failed ? "Try again" : "Load older orders"}
    </button>
  );
  if (entries.length === 0) {
    return (
      <div className="list-empty">
        <Inbox size={28} aria-hidden />
        {!searching && <p>{none ? "No orders yet." : loading ? "Looking for orders…" : more ? "None of the loaded orders match." : "No orders match."}</p>}
        {older}
      </div>
    );
  }
  return (
    <nav className="list" aria-label="Conversations" tabIndex={-1} data-selecting={selecting?.mode === true || (selecting?.ids.size ?? 0) > 0 || undefined}>
      <Virtualizer ref={rows} as="ul" item="li" data={entries} onScroll={scrolled}>
        {(entry) => {
          const { conversation } = entry;
          const { id } = conversation;
          const row = <ConversationRow key={id} entry={entry} desk={deskOf(conversation)} open={id === openId} today={today} />;
          if (selecting === undefined) return row;
          const selected = selecting.ids.has(id);
          return (
            <div key={id} className="row-box" data-selected={selected || undefined}>
              <RowSelect
                id={id}
                name={`${orderNumber(conversation.orderId)} of ${conversation.customerName}`}
                checked={selected}
                tabbable={selecting.mode}
                onToggle={selecting.toggle}
                onExtend={selecting.extend}
              />
              {row}
            </div>
          );
        }}
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
