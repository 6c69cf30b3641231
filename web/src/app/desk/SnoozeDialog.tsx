import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { snoozeProblem, snoozeTimes, toField } from "./snooze-times.ts";

/** Asks for a date and a time of one's own. `now` is in milliseconds since 1970. */
export function SnoozeDialog({ now, onChoose, onClose }: { now: number; onChoose: (until: number) => void; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [value, setValue] = useState(() => toField(snoozeTimes(now).at(-1)?.until ?? now));
  const [problem, setProblem] = useState<string>();
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const until = Date.parse(value);
    const found = snoozeProblem(until, now);
    setProblem(found);
    if (found !== undefined) return;
    onChoose(until);
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} className="dialog desk-dialog" aria-labelledby={heading} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <h2 id={heading}>Snooze until</h2>
        <label className="field">
          <span>Date and time</span>
          <input
            type="datetime-local"
            value={value}
            min={toField(now)}
            aria-invalid={problem !== undefined || undefined}
            aria-describedby={`${heading}-problem`}
            onChange={(event) => setValue(event.target.value)}
          />
        </label>
        <p id={`${heading}-problem`} role="alert" className="form-problem">
          {problem}
        </p>
        <div className="dialog-buttons">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" className="button button-primary">
            Snooze
          </button>
        </div>
      </form>
    </dialog>
  );
}
