import { Plus, X } from "lucide-react";

/** The days on which the shop is closed. */
export function Holidays({ days, problem, onChange }: { days: readonly string[]; problem: string | undefined; onChange: (days: readonly string[]) => void }) {
  return (
    <fieldset className="holidays">
      <legend>Holidays</legend>
      <p className="muted">On these days the shop is closed.</p>
      <ul>
        {days.map((day, index) => (
          <li key={index} className="span">
            <input type="date" aria-invalid={problem === undefined ? undefined : true} aria-describedby="holidays-problem" aria-label={`Holiday ${index + 1}`} value={day} onChange={(event) => onChange(days.map((each, at) => (at === index ? event.target.value : each)))} />
            <button type="button" className="icon-button" aria-label={`Remove holiday ${index + 1}`} onClick={() => onChange(days.filter((_, at) => at !== index))}>
              <X size={16} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
      <button type="button" className="button" onClick={() => onChange([...days, ""])}>
        <Plus size={16} aria-hidden />
        Add a holiday
      </button>
      <p id="holidays-problem" role="alert" className="form-problem">
        {problem}
      </p>
    </fieldset>
  );
}
