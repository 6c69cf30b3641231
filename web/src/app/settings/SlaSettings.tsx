import type { UseMutationResult } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import type { Sla } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";
import { useSla } from "../desk/shop.ts";
import { fieldProblem, problemAt } from "./field-problem.ts";
import { useFirstProblemFocused } from "./first-problem.ts";
import { FormEnd } from "./FormEnd.tsx";
import { Hours } from "./Hours.tsx";
import { Loading } from "./Loading.tsx";
import { useSaving } from "./saving.ts";
import { type SlaForm, formOf, slaOf } from "./sla-form.ts";
import { problemsOf } from "./sla-problems.ts";
import { Targets } from "./Targets.tsx";

/** Within which times the shop wants to answer, and when it is open. */
export function SlaSettings({ maySet }: { maySet: boolean }) {
  const client = useClient();
  const query = useSla();
  const saving = useSaving("sla", (sla: Sla) => client.api.admin.setSla(sla), () => undefined);
  return (
    <section aria-labelledby="sla-title">
      <div className="settings-head">
        <h2 id="sla-title">SLA</h2>
      </div>
      <p className="muted">Within which times the shop wants to answer. Open conversations show how much time is left.</p>
      {/* A change of another admin replaces the form. */}
      {query.data === undefined ? <Loading query={query} /> : <SlaFields key={JSON.stringify(query.data)} sla={query.data} maySet={maySet} saving={saving} />}
      <p role="status" className="settings-saved">
        {saving.isSuccess && "Saved."}
      </p>
    </section>
  );
}

function SlaFields({ sla, maySet, saving }: { sla: Sla; maySet: boolean; saving: UseMutationResult<unknown, Error, Sla> }) {
  const [form, setForm] = useState(() => formOf(sla, Intl.DateTimeFormat().resolvedOptions().timeZone));
  /** The form with which somebody has tried to save. From then on problems are shown. */
  const [checked, setChecked] = useState<SlaForm>();
  const found = problemsOf(form);
  // What the server has refused is another form than one that was not sent.
  const problem = found.size === 0 ? fieldProblem(saving.error) : undefined;
  const fields = useRef<HTMLFormElement>(null);
  useFirstProblemFocused(fields, saving.error);
  useFirstProblemFocused(fields, checked);
  const change = (next: SlaForm) => {
    setForm(next);
    if (saving.isSuccess) saving.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(form);
    if (found.size === 0) saving.mutate(slaOf(form));
  };
  const problemOf = (field: string) => (checked === undefined ? undefined : found.get(field)) ?? problemAt(problem, field);
  return (
    <form ref={fields} className="settings-form" aria-labelledby="sla-title" onSubmit={submit} noValidate>
      <fieldset className="plain" disabled={!maySet}>
        <legend className="visually-hidden">Times and opening hours</legend>
        <label className="settings-check">
          <input type="checkbox" checked={form.on} onChange={(event) => change({ ...form, on: event.target.checked })} />
          The shop has times to keep
        </label>
        {form.on && (
          <>
            <Targets targets={form.targets} problemOf={problemOf} onChange={(targets) => change({ ...form, targets })} />
            <Hours form={form} problemOf={problemOf} onChange={change} />
          </>
        )}
      </fieldset>
      {maySet && <FormEnd saving={saving} problem={problem} fields={["policy.calendar.timezone", "policy.calendar.holidays"]} />}
    </form>
  );
}
