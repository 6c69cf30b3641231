import { useState } from "react";
import type { BulkAction } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";
import { snoozeProblem, snoozeTimes, toField } from "../desk/snooze-times.ts";
import { when } from "../desk/when.ts";
import type { FieldsProps } from "./BulkForm.tsx";

const OWN = "own";
const WRITES = "writes";
const WAKE = "wake";

/** Until when the conversations are snoozed. */
export function SnoozeFields({ onChange }: FieldsProps) {
  const client = useClient();
  const [now] = useState(() => Date.now() + client.state.clockOffset);
  const times = snoozeTimes(now);
  const [chosen, setChosen] = useState("");
  const [own, setOwn] = useState(() => toField(times.at(-1)?.until ?? now));
  const choose = (value: string, field = own) => {
    setChosen(value);
    setOwn(field);
    onChange(actionOf(value, field));
  };
  const actionOf = (value: string, field: string): BulkAction | string => {
    if (value === WRITES) return { snooze: {} };
    if (value === WAKE) return { wake: {} };
    const until = value === OWN ? Date.parse(field) : Number(value);
    return snoozeProblem(until, now) ?? { snooze: { until: new Date(until).toISOString() } };
  };
  const choices = [
    ...times.map(({ label, until }) => ({ value: String(until), label: label === "Tomorrow" ? `Tomorrow, ${when(until, until)}` : `${label}, ${when(until, now)}` })),
    { value: WRITES, label: "Until the customer writes" },
    { value: OWN, label: "Until a date and time" },
    { value: WAKE, label: "End the snooze" },
  ];
  return (
    <fieldset className="bulk-radios bulk-radios-column">
      <legend className="visually-hidden">Until when</legend>
      {choices.map(({ value, label }) => (
        <label key={value}>
          <input type="radio" name="snooze" checked={chosen === value} onChange={() => choose(value)} />
          {label}
        </label>
      ))}
      {chosen === OWN && <input type="datetime-local" className="bulk-date" aria-label="Date and time" value={own} min={toField(now)} onChange={(event) => choose(OWN, event.target.value)} />}
    </fieldset>
  );
}
