import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Tag, TagColor, TagRequest } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";
import { TagName } from "../parts/TagName.tsx";
import { withoutControls } from "../text.ts";
import { Field } from "./Field.tsx";
import { fieldProblem, problemAt } from "./field-problem.ts";
import { useFirstProblemFocused } from "./first-problem.ts";
import { FormEnd } from "./FormEnd.tsx";
import { useSaving } from "./saving.ts";

const COLORS: readonly TagColor[] = ["gray", "red", "orange", "yellow", "green", "teal", "blue", "purple"];

/** A new tag, or a change of one. */
export function TagForm({ tag, onClose }: { tag?: Tag; onClose: () => void }) {
  const client = useClient();
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const [name, setName] = useState(tag?.name ?? "");
  const [color, setColor] = useState<TagColor>(tag?.color ?? "gray");
  const save = (request: TagRequest) => (tag === undefined ? client.api.admin.addTag(request) : client.api.admin.changeTag(tag.id, request));
  const saving = useSaving("tags", save, onClose);
  const problem = fieldProblem(saving.error);
  const form = useRef<HTMLFormElement>(null);
  useFirstProblemFocused(form, saving.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate({ name: name.trim(), color });
  };
  return (
    <form ref={form} className="settings-form" aria-label={tag === undefined ? "New tag" : "Change the tag"} onSubmit={submit} noValidate>
      <Field label="Name" problem={problemAt(problem, "name")}>
        {(state) => <input {...state} ref={first} value={name} dir="auto" onChange={(event) => setName(withoutControls(event.target.value))} />}
      </Field>
      <Field label="Colour" problem={problemAt(problem, "color")}>
        {(state) => (
          <select {...state} value={color} onChange={(event) => setColor(event.target.value as TagColor)}>
            {COLORS.map((each) => (
              <option key={each} value={each}>
                {each.charAt(0).toUpperCase() + each.slice(1)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <p className="settings-preview">
        <TagName tag={{ name: name.trim() === "" ? "Name" : name, color }} />
      </p>
      <FormEnd saving={saving} problem={problem} fields={["name", "color"]} onClose={onClose} />
    </form>
  );
}
