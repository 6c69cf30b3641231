import type { Priority } from "../../protocol.ts";
import { PRIORITIES } from "../desk/priorities.ts";
import { PriorityIcon } from "../desk/PriorityIcon.tsx";
import { Field } from "./Field.tsx";
import { type Duration, type SlaForm, TIMES, type TargetForm } from "./sla-form.ts";

/** The times by priority. */
export function Targets({
  targets,
  problemOf,
  onChange,
}: {
  targets: SlaForm["targets"];
  problemOf: (field: string) => string | undefined;
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
            {!target.asDefault && <Times priority={priority} target={target} problemOf={problemOf} onChange={change} />}
          </fieldset>
        );
      })}
    </>
  );
}

function Times({
  priority,
  target,
  problemOf,
  onChange,
}: {
  priority: Priority;
  target: TargetForm;
  problemOf: (field: string) => string | undefined;
  onChange: (target: TargetForm) => void;
}) {
  return (
    <div className="times">
      {TIMES.map(({ time, label }) => {
        const duration = target.times[time];
        const set = (next: Partial<Duration>) => onChange({ ...target, times: { ...target.times, [time]: { ...duration, ...next } } });
        return (
          <div key={time} className="duration">
            <Field label={label} problem={problemOf(`policy.targets.${priority}.${time}`)}>
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
