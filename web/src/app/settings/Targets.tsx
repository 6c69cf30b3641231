import type { Priority } from "../../protocol.ts";
import { PRIORITIES } from "../desk/priorities.ts";
import { PriorityIcon } from "../desk/PriorityIcon.tsx";
import { type FieldProblem, problemAt } from "./field-problem.ts";
import { Field } from "./Field.tsx";
import { type Duration, type SlaForm, TIMES, type TargetForm, durationProblem } from "./sla-form.ts";

/** The times by priority. */
export function Targets({
  targets,
  problem,
  checked,
  onChange,
}: {
  targets: SlaForm["targets"];
  problem: FieldProblem | undefined;
  /** True if somebody has tried to save, so that problems are shown. */
  checked: boolean;
  onChange: (targets: SlaForm["targets"]) => void;
}) {
  return (
    <>
      <h3>Times by priority</h3>
      <p className="muted">A time counts only while the shop is open. Without a time there is no such clock.</p>
      {PRIORITIES.toReversed().map(({ priority, label }) => {
        const target = targets[priority];
        const change = (next: TargetForm) => onChange({ ...targets, [priority]: next });
        return (
          <fieldset key={priority} className="target">
            <legend>
              <PriorityIcon priority={priority} />
              {label}
            </legend>
            {priority !== "none" && (
              <label className="settings-check">
                <input type="checkbox" checked={target.asDefault} onChange={(event) => change({ ...target, asDefault: event.target.checked })} />
                As without a priority
              </label>
            )}
            {!target.asDefault && <Times priority={priority} target={target} problem={problem} checked={checked} onChange={change} />}
          </fieldset>
        );
      })}
    </>
  );
}

function Times({
  priority,
  target,
  problem,
  checked,
  onChange,
}: {
  priority: Priority;
  target: TargetForm;
  problem: FieldProblem | undefined;
  checked: boolean;
  onChange: (target: TargetForm) => void;
}) {
  return (
    <div className="times">
      {TIMES.map(({ time, label }) => {
        const duration = target.times[time];
        const set = (next: Partial<Duration>) => onChange({ ...target, times: { ...target.times, [time]: { ...duration, ...next } } });
        const wrong = (checked ? durationProblem(duration) : undefined) ?? problemAt(problem, `policy.targets.${priority}.${time}`);
        return (
          <div key={time} className="duration">
            <Field label={label} problem={wrong}>
              {(state) => <input {...state} inputMode="numeric" value={duration.value} onChange={(event) => set({ value: event.target.value })} />}
            </Field>
            <select aria-label={`Unit of ${label}`} value={duration.unit} onChange={(event) => set({ unit: event.target.value as Duration["unit"] })}>
              <option value="minutes">minutes</option>
              <option value="hours">hours</option>
            </select>
          </div>
        );
      })}
    </div>
  );
}
