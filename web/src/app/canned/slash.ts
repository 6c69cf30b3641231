/** What was typed after a slash, and where. */
export interface Slash {
  /** The place of the slash in the text. */
  readonly start: number;
  /** The place after what was typed. */
  readonly end: number;
  /** What was typed after the slash. */
  readonly typed: string;
}

/**
 * Returns the slash that opens the list of canned responses: at the start of the text or after white
 * space, with the caret in the word that it begins.
 */
export function slashAt(text: string, caret: number): Slash | undefined {
  const found = /(?:^|\s)\/([^\s/]*)$/.exec(text.slice(0, caret));
  if (found === null) return undefined;
  const typed = found[1] ?? "";
  return { start: caret - typed.length - 1, end: caret, typed };
}

/** Returns the text with the slash and what follows it replaced, and where the caret is then. */
export function inserted(text: string, { start, end }: Pick<Slash, "start" | "end">, insert: string): { readonly text: string; readonly caret: number } {
  return { text: text.slice(0, start) + insert + text.slice(end), caret: start + insert.length };
}
