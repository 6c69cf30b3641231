/** A key or a sequence of alternatives that does something, for the list of all shortcuts. */
export interface Shortcut {
  /** The keys, each of which does it, as people read them. */
  readonly keys: readonly string[];
  /** What it does. */
  readonly does: string;
}

/** Shortcuts that work in the same place. */
export interface ShortcutGroup {
  readonly place: string;
  readonly shortcuts: readonly Shortcut[];
}

/** All shortcuts of an admin's pages. The dialog behind `?` shows them. */
export const SHORTCUTS: readonly ShortcutGroup[] = [
  {
    place: "In the list",
    shortcuts: [
      { keys: ["J", "↓"], does: "Next order" },
      { keys: ["K", "↑"], does: "Previous order" },
      { keys: ["O", "Enter"], does: "Open the order" },
      { keys: ["X"], does: "Select the order" },
      { keys: ["Shift + ↓", "Shift + ↑"], does: "Select a range" },
      { keys: ["Esc"], does: "Select none" },
    ],
  },
  {
    place: "In an open order",
    shortcuts: [
      { keys: ["R"], does: "Reply" },
      { keys: ["A"], does: "Assign to me" },
      { keys: ["P"], does: "Set the priority" },
      { keys: ["T"], does: "Choose tags" },
      { keys: ["Z"], does: "Snooze" },
      { keys: ["E"], does: "Archive" },
      { keys: ["F"], does: "Search the messages" },
    ],
  },
  {
    place: "Everywhere",
    shortcuts: [
      { keys: ["/"], does: "Search the orders" },
      { keys: ["?"], does: "Show these shortcuts" },
    ],
  },
];

/** Elements in which keys write or choose something. */
const FIELDS = "input:not([type=checkbox]), textarea, select, [contenteditable], [role=menu], [role=listbox], dialog";

/**
 * Returns true if a key press can be a shortcut: nobody writes in a field, no menu or dialog is open,
 * and no other key than Shift is held.
 */
export function isShortcut(event: Pick<KeyboardEvent, "target" | "defaultPrevented" | "ctrlKey" | "metaKey" | "altKey" | "isComposing">): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  return !(event.target instanceof Element && event.target.closest(FIELDS) !== null) && document.querySelector("dialog[open], [role=menu]") === null;
}
