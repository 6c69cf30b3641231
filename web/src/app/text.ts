/**
 * Removes control characters except tab and newline. The server rejects them, and pasted text
 * sometimes contains them.
 */
export function withoutControls(text: string): string {
  return text.replace(/[^\P{Cc}\t\n]/gu, "");
}
