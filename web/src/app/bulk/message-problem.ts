import { placeholdersIn } from "../canned/placeholders.ts";
import { PLACEHOLDERS } from "../canned/values.ts";

/** The most that the server takes, in characters. */
const MOST_CHARACTERS = 4_000;

/** Returns why a text cannot be sent, or undefined. */
export function messageProblem(text: string): string | undefined {
  if (text.trim() === "") return "Write a message.";
  if ([...text].length > MOST_CHARACTERS) return `A message has at most ${MOST_CHARACTERS.toLocaleString("en")} characters.`;
  const unknown = placeholdersIn(text).filter((each) => !PLACEHOLDERS.some(({ name }) => each.replaceAll(/[{}\s]/g, "") === name));
  return unknown.length === 0 ? undefined : `${unknown.join(", ")} cannot be filled in. Remove it first.`;
}
