import { type ReactNode, useId } from "react";

/** What a field gets, so that its label and its problem belong to it. */
export interface FieldState {
  readonly id: string;
  readonly "aria-invalid": true | undefined;
  readonly "aria-describedby": string | undefined;
}

/** A field with its label, a hint, and its problem. */
export function Field({ label, hint, problem, children }: { label: string; hint?: string; problem: string | undefined; children: (state: FieldState) => ReactNode }) {
  const id = useId();
  const described = [...(problem === undefined ? [] : [`${id}-problem`]), ...(hint === undefined ? [] : [`${id}-hint`])].join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": problem === undefined ? undefined : true, "aria-describedby": described === "" ? undefined : described })}
      {hint !== undefined && (
        <span id={`${id}-hint`} className="field-hint">
          {hint}
        </span>
      )}
      <span id={`${id}-problem`} role="alert" className="form-problem">
        {problem}
      </span>
    </div>
  );
}
