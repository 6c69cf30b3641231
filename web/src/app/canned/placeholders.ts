/**
 * A placeholder of a canned response, such as `{{customer.name}}`. Those of a later release are
 * found too.
 */
const PLACEHOLDER = /\{\{\s*(customer|order|admin)\.([a-z]\w*)\s*\}\}/gi;

/** Returns the placeholders that a text still has, each once. */
export function placeholdersIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map(([found]) => found))];
}

/**
 * Returns the text with every placeholder filled in for which there is a value. The others stay as
 * they are. A value is a plain text: placeholders in it are not filled in.
 */
export function filledIn(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(PLACEHOLDER, (found: string, of: string, field: string) => {
    const value = values.get(`${of}.${field}`.toLowerCase()) ?? "";
    return value.trim() === "" ? found : value;
  });
}
