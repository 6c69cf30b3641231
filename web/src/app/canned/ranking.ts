import type { CannedResponse } from "../../protocol.ts";

/** The most that a list shows. */
const MOST = 30;

/**
 * Returns the canned responses that fit what was typed, the best first: by shortcut, then by title,
 * then by text, and in each a text that begins so before one that contains it. Without words all fit.
 */
export function ranked(responses: readonly CannedResponse[], typed: string): readonly CannedResponse[] {
  const words = typed.toLowerCase();
  return responses
    .map((response) => ({ response, rank: rankOf(response, words) }))
    .filter(({ rank }) => rank >= 0)
    .sort((one, other) => one.rank - other.rank || compare(one.response.shortcut, other.response.shortcut))
    .slice(0, MOST)
    .map(({ response }) => response);
}

/** Returns 0 for the best fit, and -1 for none. */
function rankOf({ shortcut, title, body }: CannedResponse, words: string): number {
  const places = [shortcut, title, body].map((text) => text.toLowerCase().indexOf(words));
  const found = places.findIndex((place) => place >= 0);
  return found < 0 ? -1 : found * 2 + (places[found] === 0 ? 0 : 1);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
