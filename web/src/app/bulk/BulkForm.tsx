import { type FormEvent, type ReactNode, useId, useState } from "react";
import type { BulkAction } from "../../protocol.ts";
import type { Kind } from "./actions.tsx";
import { AssignFields, OrderStatusFields, PriorityFields } from "./choices.tsx";
import { MessageFields } from "./MessageFields.tsx";
import { SnoozeFields } from "./SnoozeFields.tsx";
import { TagFields } from "./TagFields.tsx";

/** The fields of a kind. They say what to do, or what has to be corrected first. */
export interface FieldsProps {
  readonly onChange: (what: BulkAction | string) => void;
}

const FIELDS: Readonly<Partial<Record<Kind, (props: FieldsProps) => ReactNode>>> = {
  message: MessageFields,
  orderStatus: OrderStatusFields,
  assign: AssignFields,
  tag: TagFields,
  prioritize: PriorityFields,
  snooze: SnoozeFields,
};

/** What is done when there is nothing to choose, and what to know before. */
const FIXED: Readonly<Partial<Record<Kind, { action: BulkAction; about: string }>>> = {
  archive: { action: { status: { to: "archived" } }, about: "The next message opens an archived conversation again." },
  close: { action: { status: { to: "closed" } }, about: "Nobody can write in a closed conversation until an admin opens it again." },
};

/** What is missing as long as nothing was chosen. */
const MISSING: Readonly<Partial<Record<Kind, string>>> = {
  message: "Write a message.",
  orderStatus: "Choose a status.",
  assign: "Choose an admin.",
  tag: "Choose a tag.",
  prioritize: "Choose a priority.",
  snooze: "Choose until when.",
};

/** Asks what exactly to do. `confirm` is the button, which says in how many conversations. */
export function BulkForm({ kind, confirm, onSubmit, onCancel }: { kind: Kind; confirm: string; onSubmit: (action: BulkAction) => void; onCancel: () => void }) {
  const id = useId();
  const fixed = FIXED[kind];
  const [what, setWhat] = useState<BulkAction | string>(fixed?.action ?? MISSING[kind] ?? "");
  const [problem, setProblem] = useState("");
  const Fields = FIELDS[kind];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typeof what === "string") setProblem(what);
    else onSubmit(what);
  };
  const changed = (next: BulkAction | string) => {
    setWhat(next);
    setProblem("");
  };
  return (
    <form onSubmit={submit} noValidate aria-describedby={`${id}-about`}>
      {fixed !== undefined && <p id={`${id}-about`}>{fixed.about}</p>}
      {Fields !== undefined && <Fields onChange={changed} />}
      <p role="alert" className="form-problem">
        {problem}
      </p>
      <div className="dialog-buttons">
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" className="button button-primary">
          {confirm}
        </button>
      </div>
    </form>
  );
}
