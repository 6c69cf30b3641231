import { useViewCounts } from "./view-counts.ts";
import { VIEWS, type View } from "./views.ts";

/** The names of the views. */
const LABELS: Readonly<Record<View, string>> = { mine: "Mine", unassigned: "Unassigned", all: "All", snoozed: "Snoozed" };

/** A view counts up to this; then there may be more. */
const MOST_COUNTED = 100;

/** The views of the desk, with how many active conversations each has. A pressed one filters the list. */
export default function Views({ view, onChoose }: { view: View; onChoose: (view: View) => void }) {
  const counts = useViewCounts();
  return (
    <div className="views" role="group" aria-label="Views">
      {VIEWS.map((each) => {
        const count = counts?.[each];
        return (
          <button key={each} type="button" className="view" aria-pressed={view === each} onClick={() => onChoose(each)}>
            {LABELS[each]}
            {count !== undefined && (
              <span className="view-count" title={`${countWords(count)} active`}>
                {countWords(count)}
                <span className="visually-hidden"> active</span>
              </span>
            )}
          </button>
        );
      })}
    </div>
  );
}

/** Returns a count as people read it: `99+` if there are at least 100. */
export function countWords(count: number): string {
  return count >= MOST_COUNTED ? `${MOST_COUNTED - 1}+` : String(count);
}
