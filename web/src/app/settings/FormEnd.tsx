import type { UseMutationResult } from "@tanstack/react-query";
import { type FieldProblem, problemAt } from "./field-problem.ts";

/** The end of a form: a problem that is about none of its `fields`, and its buttons. */
export function FormEnd<What>({
  saving,
  problem,
  fields,
  onClose,
}: {
  saving: Pick<UseMutationResult<unknown, Error, What>, "isPending">;
  problem: FieldProblem | undefined;
  fields: readonly string[];
  onClose?: () => void;
}) {
  const isElsewhere = problem !== undefined && !fields.some((field) => problemAt(problem, field) !== undefined);
  return (
    <>
      <p role="alert" className="form-problem">
        {isElsewhere && problem.text}
      </p>
      <div className="settings-buttons">
        <button type="submit" className="button button-primary" disabled={saving.isPending}>
          {saving.isPending ? "Saving…" : "Save"}
        </button>
        {onClose !== undefined && (
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
        )}
      </div>
    </>
  );
}
