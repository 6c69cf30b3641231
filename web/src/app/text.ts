/** A text without control characters but tab and newline: the server takes no others, and pasted text sometimes brings them along. */
export function withoutControls(text: string): string {
  return text.replace(/[^\P{Cc}\t\n]/gu, "");
}
