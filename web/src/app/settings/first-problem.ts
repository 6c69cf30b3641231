import { type RefObject, useEffect } from "react";

/** Moves the focus to the first invalid field of a form whenever there is a new `problem`. */
export function useFirstProblemFocused(form: RefObject<HTMLFormElement | null>, problem: unknown): void {
  useEffect(() => {
    if (problem !== undefined && problem !== null) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [form, problem]);
}
