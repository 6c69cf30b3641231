import { useEffect, useState } from "react";

/** Delay between the last key and the request to the server, in milliseconds. */
const DEBOUNCE = 300;

/** The minimum and maximum length of a search, in characters. */
const [MIN_LENGTH, MAX_LENGTH] = [2, 100];

/**
 * Normalizes a search, so that the same words give the same request. Returns an empty string if the
 * search is too short.
 */
export function normalized(words: string): string {
  const characters = [...words.trim().toLowerCase().split(/\s+/).join(" ")];
  return characters.length < MIN_LENGTH ? "" : characters.slice(0, MAX_LENGTH).join("").trimEnd();
}

/** Returns a value after it has stayed unchanged for {@link DEBOUNCE} milliseconds. */
export function useDebounced(value: string): string {
  const [debounced, setDebounced] = useState(value);
  useEffect(() => {
    const waiting = setTimeout(() => setDebounced(value), DEBOUNCE);
    return () => clearTimeout(waiting);
  }, [value]);
  return debounced;
}
