import { useId } from "react";
import type { Priority } from "../../protocol.ts";
import { useChat } from "../chat-context.ts";
import { PRIORITIES } from "../desk/priorities.ts";
import { useAdmins, useTags } from "../desk/shop.ts";
import type { Filter, Sorting } from "./filter.ts";

const ANY = "";

/** The filters by priority, tag and assignee, and the order of the list. */
export default function DeskFilters({ id, filter, onChange }: { id: string; filter: Filter; onChange: (filter: Filter) => void }) {
  const [tags, admins] = [useTags(), useAdmins()];
  const me = useChat((state) => state.me);
  const others = admins.filter(({ userId }) => userId !== me.userId);
  const chosen = (value: string) => (value === ANY ? undefined : value);
  return (
    <div id={id} className="desk-filters" role="group" aria-label="Filters">
      <Choice label="Priority" value={filter.priority ?? ANY} onChange={(value) => onChange({ ...filter, priority: chosen(value) as Priority | undefined })}>
        <option value={ANY}>Any</option>
        {PRIORITIES.map(({ priority, label }) => (
          <option key={priority} value={priority}>
            {label}
          </option>
        ))}
      </Choice>
      <Choice label="Tag" value={filter.tag ?? ANY} onChange={(value) => onChange({ ...filter, tag: chosen(value) })}>
        <option value={ANY}>Any</option>
        {/* A stored filter can name a tag that was deleted since. */}
        {filter.tag !== undefined && !tags.some((tag) => tag.id === filter.tag) && <option value={filter.tag}>A deleted tag</option>}
        {tags.map((tag) => (
          <option key={tag.id} value={tag.id}>
            {tag.name}
          </option>
        ))}
      </Choice>
      {filter.view === "all" && (
        <Choice label="Assigned to" value={filter.assignee ?? ANY} onChange={(value) => onChange({ ...filter, assignee: chosen(value) })}>
          <option value={ANY}>Anybody</option>
          <option value={me.userId}>Me</option>
          <option value="none">Nobody</option>
          {others.map(({ userId, name }) => (
            <option key={userId} value={userId}>
              {name}
            </option>
          ))}
        </Choice>
      )}
      <Choice label="Sort by" value={filter.sorting} onChange={(value) => onChange({ ...filter, sorting: value as Sorting })}>
        <option value="activity">Last activity</option>
        <option value="priority">Priority</option>
      </Choice>
    </div>
  );
}

function Choice({ label, value, onChange, children }: { label: string; value: string; onChange: (value: string) => void; children: React.ReactNode }) {
  const id = useId();
  return (
    <p className="desk-filter">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {children}
      </select>
    </p>
  );
}
