/** A part of a text: plain text or a link. */
export interface Part {
  readonly text: string;
  /** The link's URL, always http or https. Undefined for plain text. */
  readonly href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/gi;

/** Punctuation that often follows a URL and is not part of it. */
const TRAILING = /[.,;:!?]+$/;

/** Splits a text into plain text and links. The parts joined together are the text. */
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

/** Removes punctuation after a URL, and a closing bracket without an opening one in the URL. */
function trimmed(address: string): string {
  const without = address.replace(TRAILING, "");
  if (without.endsWith(")") && !without.includes("(")) return trimmed(without.slice(0, -1));
  return without;
}
