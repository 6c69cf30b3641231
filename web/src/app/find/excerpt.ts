import type { TextRange } from "../../protocol.ts";

/** A part of a text. */
export interface Part {
  readonly text: string;
  /** True if the search has found it. */
  readonly found: boolean;
}

/** How much of a text is shown before the first word that was found, in UTF-16 code units. */
const BEFORE = 40;

/** How much of a text is shown in all, in UTF-16 code units. */
const LENGTH = 180;

/** Returns the part of a text around the first word that was found, with all found words in it. */
export function excerpt(body: string, matches: readonly TextRange[]): readonly Part[] {
  const first = matches[0]?.start ?? 0;
  const from = first <= BEFORE ? 0 : wordStart(body, first - BEFORE, first);
  const to = wholeCharacter(body, Math.min(body.length, Math.max(from + LENGTH, matches[0]?.end ?? 0)));
  const parts: Part[] = [];
  const add = (text: string, found: boolean) => text !== "" && parts.push({ text, found });
  let at = from;
  for (const { start, end } of matches) {
    if (start < at || start >= to) continue;
    add(body.slice(at, start), false);
    at = Math.min(end, to);
    add(body.slice(start, at), true);
  }
  add(body.slice(at, to), false);
  if (from > 0) parts.unshift({ text: "…", found: false });
  if (to < body.length) parts.push({ text: "…", found: false });
  return parts;
}

/** Returns the beginning of the first word at or after `from`, but not after `last`. */
function wordStart(body: string, from: number, last: number): number {
  const space = body.slice(from, last).search(/\s/);
  return wholeCharacter(body, space === -1 ? from : from + space + 1);
}

/** Returns an index that is not within a surrogate pair. */
function wholeCharacter(body: string, index: number): number {
  const unit = body.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff ? index - 1 : index;
}
