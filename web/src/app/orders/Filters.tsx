import { ListChecks, Search, SlidersHorizontal } from "lucide-react";
import { Suspense, lazy, useId, useState } from "react";
import type { ConversationStatus } from "../../protocol.ts";
import { CONVERSATION_STATUS } from "../parts/StatusBadge.tsx";
import { type Filter, decidedFilters } from "./filter.ts";

/** Loaded after the first page is shown. */
const DeskFilters = lazy(() => import("./DeskFilters.tsx"));
const Views = lazy(() => import("./Views.tsx"));

/** The views, the search field and the filters, for admins. */
export function Filters({
  filter,
  selecting,
  onChange,
  onSelecting,
}: {
  filter: Filter;
  /** True while every row shows its check box. */
  selecting: boolean;
  onChange: (filter: Filter) => void;
  onSelecting: (selecting: boolean) => void;
}) {
  const panel = useId();
  const chosen = decidedFilters(filter);
  const [open, setOpen] = useState(chosen > 0);
  const choose = (value: string) => onChange({ ...filter, conversation: value === "" ? undefined : (value as ConversationStatus) });
  return (
    <search className="filters">
      <Suspense fallback={<div className="views" aria-busy />}>
        <Views view={filter.view} onChoose={(view) => onChange({ ...filter, view, ...(view !== "all" && { conversation: undefined, assignee: undefined }) })} />
      </Suspense>
      <div className="filter-line">
        <label className="search">
          <Search size={18} aria-hidden />
          <span className="visually-hidden">Search the orders</span>
          <input
            type="search"
            enterKeyHint="search"
            placeholder="Search"
            aria-describedby="search-help"
            value={filter.words}
            onChange={(event) => onChange({ ...filter, words: event.target.value })}
          />
        </label>
        <span id="search-help" className="visually-hidden">
          Search by customer name, order number or item.
        </span>
        {/* The other views have only active conversations. */}
        {filter.view === "all" && (
          <label>
            <span className="visually-hidden">Conversation status</span>
            <select value={filter.conversation ?? ""} onChange={(event) => choose(event.target.value)}>
              <option value="">All</option>
              {Object.entries(CONVERSATION_STATUS).map(([status, label]) => (
                <option key={status} value={status}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        )}
        <button type="button" className="icon-button filter-button" aria-expanded={open} aria-controls={open ? panel : undefined} onClick={() => setOpen(!open)} title="Filters">
          <SlidersHorizontal size={18} aria-hidden />
          <span className="visually-hidden">Filters{chosen > 0 ? `, ${chosen} in use` : ""}</span>
          {chosen > 0 && (
            <span className="filter-count" aria-hidden>
              {chosen}
            </span>
          )}
        </button>
        <button type="button" className="icon-button filter-button" aria-pressed={selecting} onClick={() => onSelecting(!selecting)} title="Select orders">
          <ListChecks size={18} aria-hidden />
          <span className="visually-hidden">Select orders</span>
        </button>
      </div>
      {open && (
        <Suspense fallback={null}>
          <DeskFilters id={panel} filter={filter} onChange={onChange} />
        </Suspense>
      )}
    </search>
  );
}
