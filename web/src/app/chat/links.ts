/** A piece of a text: plain, or an address. */
export interface Part {
  readonly text: string;
  /** Where it leads; only ever http or https. */
  readonly href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/gi;

/** What often follows an address without being part of it. */
const TRAILING = /[.,;:!?]+$/;

/** Cuts a text into plain pieces and addresses. Put together again, they are the text. */
export function links(text: string): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    if (!URL.canParse(address)) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: address, href: address });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** Without the punctuation of the sentence around it, and without a closing bracket that it did not open. */
function trimmed(address: string): string {
  const without = address.replace(TRAILING, "");
  if (without.endsWith(")") && !without.includes("(")) return trimmed(without.slice(0, -1));
  return without;
}
