import { Plus, X } from "lucide-react";
import type { Weekday } from "../../protocol.ts";
import { Field } from "./Field.tsx";
import { Holidays } from "./Holidays.tsx";
import { MOST_SPANS, type SlaForm, type SpanForm, WEEKDAYS } from "./sla-form.ts";

/** The time zones that the browser knows. The server's list decides. */
const ZONES: readonly string[] = Intl.supportedValuesOf("timeZone");

/** When the shop is open. */
export function Hours({ form, problemOf, onChange }: { form: SlaForm; problemOf: (field: string) => string | undefined; onChange: (form: SlaForm) => void }) {
  return (
    <>
      <h3>Opening hours</h3>
      <fieldset className="settings-choices">
        <legend className="visually-hidden">When is the shop open?</legend>
        {[true, false].map((always) => (
          <label key={String(always)}>
            <input type="radio" name="always" checked={form.always === always} onChange={() => onChange({ ...form, always })} />
            {always ? "Always open" : "Only at these times"}
          </label>
        ))}
      </fieldset>
      {!form.always && (
        <>
          <Field label="Time zone" problem={problemOf("policy.calendar.timezone")}>
            {(state) => <input {...state} list="zones" value={form.timezone} onChange={(event) => onChange({ ...form, timezone: event.target.value })} />}
          </Field>
          <datalist id="zones">
            {ZONES.map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </datalist>
          <p role="alert" className="form-problem">
            {problemOf("policy.calendar.week")}
          </p>
          {WEEKDAYS.map((day) => (
            <Day
              key={day}
              day={day}
              spans={form.week[day]}
              problem={problemOf(`policy.calendar.week.${day}`)}
              onChange={(spans) => onChange({ ...form, week: { ...form.week, [day]: spans } })}
            />
          ))}
          <Holidays days={form.holidays} problem={problemOf("policy.calendar.holidays")} onChange={(holidays) => onChange({ ...form, holidays })} />
        </>
      )}
    </>
  );
}

function Day({ day, spans, problem, onChange }: { day: Weekday; spans: readonly SpanForm[]; problem: string | undefined; onChange: (spans: readonly SpanForm[]) => void }) {
  const name = day.charAt(0).toUpperCase() + day.slice(1);
  const state = { "aria-invalid": problem === undefined ? undefined : true, "aria-describedby": problem === undefined ? undefined : `${day}-problem` } as const;
  const set = (index: number, span: SpanForm) => onChange(spans.map((each, at) => (at === index ? span : each)));
  return (
    <fieldset className="day-hours">
      <legend>{name}</legend>
      {spans.length === 0 && <span className="muted">Closed</span>}
      {spans.map(([start, end], index) => (
        <span key={index} className="span">
          <input {...state} type="time" aria-label={`${name}, from`} value={start} onChange={(event) => set(index, [event.target.value, end])} />
          <span aria-hidden>–</span>
          <input {...state} type="time" aria-label={`${name}, until`} value={end} onChange={(event) => set(index, [start, event.target.value])} />
          <button type="button" className="icon-button" aria-label={`Remove the hours from ${start} on ${name}`} onClick={() => onChange(spans.filter((_, at) => at !== index))}>
            <X size={16} aria-hidden />
          </button>
        </span>
      ))}
      {spans.length < MOST_SPANS && (
        <button type="button" className="icon-button" aria-label={`Add hours on ${name}`} onClick={() => onChange([...spans, next(spans)])}>
          <Plus size={16} aria-hidden />
        </button>
      )}
      <span id={`${day}-problem`} role="alert" className="form-problem">
        {problem}
      </span>
    </fieldset>
  );
}

/** Returns the hours to begin with after those that are there. */
function next(spans: readonly SpanForm[]): SpanForm {
  const last = spans.at(-1)?.[1];
  return last === undefined ? ["09:00", "17:00"] : [last, "00:00"];
}
