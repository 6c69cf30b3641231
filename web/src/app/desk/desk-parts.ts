/** A part of the desk that opens. */
export type DeskPart = "assignee" | "priority" | "tags" | "snooze";

const openers = new Set<(part: DeskPart) => void>();

/** Opens a part of the desk of the open conversation, as its button does. */
export function openDeskPart(part: DeskPart): void {
  for (const opener of openers) opener(part);
}

/** Calls `opener` when a part has to open. Returns a function that unsubscribes. */
export function onDeskPart(opener: (part: DeskPart) => void): () => void {
  openers.add(opener);
  return () => openers.delete(opener);
}
