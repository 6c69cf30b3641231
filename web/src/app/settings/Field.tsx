import { type ReactNode, useId } from "react";

/** What a field gets to say that it is invalid, and why. */
export interface FieldState {
  readonly "aria-invalid": true | undefined;
  readonly "aria-describedby": string | undefined;
}

/** A field with its label, a hint, and its problem. */
export function Field({ label, hint, problem, children }: { label: string; hint?: string; problem: string | undefined; children: (state: FieldState) => ReactNode }) {
  const id = useId();
  const described = [...(problem === undefined ? [] : [`${id}-problem`]), ...(hint === undefined ? [] : [`${id}-hint`])].join(" ");
  return (
    <div className="field">
      <label>
        <span>{label}</span>
        {children({ "aria-invalid": problem === undefined ? undefined : true, "aria-describedby": described === "" ? undefined : described })}
      </label>
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
