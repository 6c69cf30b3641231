import { Search } from "lucide-react";
import type { ConversationStatus } from "../../protocol.ts";
import { CONVERSATION_STATUS } from "../parts/StatusBadge.tsx";
import type { Filter } from "./filter.ts";

/** The search field and the filter by conversation status, for admins. */
export function Filters({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const choose = (value: string) => onChange({ ...filter, conversation: value === "" ? undefined : (value as ConversationStatus) });
  return (
    <search className="filters">
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
    </search>
  );
}
