import { useId, useRef, useState } from "react";
import { PLACEHOLDERS } from "../canned/values.ts";
import { useCannedResponses } from "../desk/shop.ts";
import type { FieldsProps } from "./BulkForm.tsx";
import { messageProblem } from "./message-problem.ts";

/** A text that is sent in each conversation. The server fills in its placeholders. */
export function MessageFields({ onChange }: FieldsProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const responses = useCannedResponses().data?.items ?? [];
  const [body, setBody] = useState("");
  const write = (text: string) => {
    setBody(text);
    onChange(messageProblem(text) ?? { message: { body: text } });
  };
  const insert = (text: string) => {
    const { selectionStart = body.length, selectionEnd = body.length } = field.current ?? {};
    write(body.slice(0, selectionStart) + text + body.slice(selectionEnd));
    field.current?.focus();
  };
  return (
    <>
      {responses.length > 0 && (
        <p className="field">
          <label htmlFor={`${id}-canned`}>Canned response</label>
          <select id={`${id}-canned`} value="" onChange={(event) => write(responses.find((each) => each.id === event.target.value)?.body ?? body)}>
            <option value="">Choose…</option>
            {responses.map((each) => (
              <option key={each.id} value={each.id}>
                {each.title}
              </option>
            ))}
          </select>
        </p>
      )}
      <p className="field">
        <label htmlFor={`${id}-body`}>Message</label>
        <textarea ref={field} id={`${id}-body`} rows={5} dir="auto" value={body} aria-describedby={`${id}-help`} onChange={(event) => write(event.target.value)} />
      </p>
      <p id={`${id}-help`} className="bulk-hint">
        Add what is different in each conversation:
      </p>
      <div className="bulk-placeholders">
        {PLACEHOLDERS.map(({ name, about }) => (
          <button key={name} type="button" className="desk-button" title={about} onClick={() => insert(`{{${name}}}`)}>
            {about.split(",")[0]}
          </button>
        ))}
      </div>
    </>
  );
}
