import { ApiError } from "../../client/index.ts";

/** Why the server did not take something. */
export interface FieldProblem {
  /** The path of the field, as in the request; undefined if it is about no field. */
  readonly field: string | undefined;
  readonly text: string;
}

/** Returns what an error says about a field. The server writes `field: problem`. */
export function fieldProblem(error: Error | null): FieldProblem | undefined {
  if (error === null) return undefined;
  if (!(error instanceof ApiError)) return { field: undefined, text: `${error.message} Nothing was saved.` };
  if (error.code === "forbidden") return { field: undefined, text: "Only an admin can change this." };
  const [, field, problem] = (error.code === "invalid_request" && /^([\w.[\]?]+): (.+)$/s.exec(error.message)) || [];
  // The server writes a question mark for a key that it does not name.
  return { field: field?.includes("?") === true ? undefined : field, text: sentence(problem ?? error.message) };
}

/** Returns the text of the problem if it is about this field or a part of it. */
export function problemAt(problem: FieldProblem | undefined, field: string): string | undefined {
  const at = problem?.field;
  return at === field || at?.startsWith(`${field}.`) === true || at?.startsWith(`${field}[`) === true ? problem?.text : undefined;
}

function sentence(text: string): string {
  const plain = text.replaceAll("`", "");
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}${/[.!?]$/.test(plain) ? "" : "."}`;
}
