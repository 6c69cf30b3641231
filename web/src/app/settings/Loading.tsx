import type { UseQueryResult } from "@tanstack/react-query";

/** What is shown until settings are loaded, or if they cannot be. */
export function Loading({ query }: { query: Pick<UseQueryResult, "isError" | "refetch"> }) {
  if (!query.isError) {
    return (
      <p className="muted" role="status">
        Loading…
      </p>
    );
  }
  return (
    <p role="alert" className="form-problem">
      This could not be loaded.{" "}
      <button type="button" className="link-button" onClick={() => void query.refetch()}>
        Try again
      </button>
    </p>
  );
}
