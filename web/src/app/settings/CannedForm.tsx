import { type FormEvent, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { CannedResponse, CannedResponseRequest } from "../../protocol.ts";
import { inserted } from "../canned/slash.ts";
import { PLACEHOLDERS } from "../canned/values.ts";
import { useClient } from "../chat-context.ts";
import { withoutControls } from "../text.ts";
import { Field } from "./Field.tsx";
import { fieldProblem, problemAt } from "./field-problem.ts";
import { useFirstProblemFocused } from "./first-problem.ts";
import { FormEnd } from "./FormEnd.tsx";
import { useSaving } from "./saving.ts";

/** A new canned response, or a change of one. Whose it is cannot be changed. */
export function CannedForm({ response, maySet, onClose }: { response?: CannedResponse; maySet: boolean; onClose: () => void }) {
  const client = useClient();
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const [shortcut, setShortcut] = useState(response?.shortcut ?? "");
  const [title, setTitle] = useState(response?.title ?? "");
  const [body, setBody] = useState(response?.body ?? "");
  const [personal, setPersonal] = useState(response?.personal ?? !maySet);
  const [quickReply, setQuickReply] = useState(response?.quickReply ?? false);
  const text = useRef<HTMLTextAreaElement>(null);
  const save = (request: CannedResponseRequest) =>
    response === undefined ? client.api.admin.addCannedResponse(request) : client.api.admin.changeCannedResponse(response.id, request);
  const saving = useSaving("canned_responses", save, onClose);
  const problem = fieldProblem(saving.error);
  const form = useRef<HTMLFormElement>(null);
  useFirstProblemFocused(form, saving.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate({ shortcut, title: title.trim(), body, personal, quickReply });
  };
  const insert = (placeholder: string) => {
    const end = body.length;
    const at = { start: text.current?.selectionStart ?? end, end: text.current?.selectionEnd ?? end };
    const next = inserted(body, at, placeholder);
    flushSync(() => setBody(next.text));
    text.current?.focus();
    text.current?.setSelectionRange(next.caret, next.caret);
  };
  return (
    <form ref={form} className="settings-form" aria-label={response === undefined ? "New canned response" : "Change the canned response"} onSubmit={submit} noValidate>
      <Field label="Shortcut" hint="Small letters, digits, - and _" problem={problemAt(problem, "shortcut")}>
        {(state) => <input {...state} ref={first} autoCapitalize="none" value={shortcut} onChange={(event) => setShortcut(event.target.value.trim().toLowerCase())} />}
      </Field>
      <Field label="Title" problem={problemAt(problem, "title")}>
        {(state) => <input {...state} value={title} dir="auto" onChange={(event) => setTitle(withoutControls(event.target.value))} />}
      </Field>
      <Field label="Text" problem={problemAt(problem, "body")}>
        {(state) => <textarea {...state} ref={text} rows={5} value={body} dir="auto" onChange={(event) => setBody(withoutControls(event.target.value))} />}
      </Field>
      <fieldset className="placeholders">
        <legend>Insert into the text</legend>
        {PLACEHOLDERS.map(({ name, about }) => (
          <button key={name} type="button" title={`{{${name}}}`} onClick={() => insert(`{{${name}}}`)}>
            {about}
          </button>
        ))}
      </fieldset>
      {response === undefined && maySet && (
        <fieldset className="settings-choices">
          <legend>Who has it?</legend>
          {[false, true].map((mine) => (
            <label key={String(mine)}>
              <input type="radio" name="whose" checked={personal === mine} onChange={() => setPersonal(mine)} />
              {mine ? "Only you" : "All admins"}
            </label>
          ))}
        </fieldset>
      )}
      <Field label="Quick reply: a button over the field for a message" problem={problemAt(problem, "quickReply")}>
        {(state) => <input {...state} type="checkbox" checked={quickReply} onChange={(event) => setQuickReply(event.target.checked)} />}
      </Field>
      <FormEnd saving={saving} problem={problem} fields={["shortcut", "title", "body", "quickReply"]} onClose={onClose} />
    </form>
  );
}
