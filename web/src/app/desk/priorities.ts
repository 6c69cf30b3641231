import type { Priority } from "../../protocol.ts";

/** The priorities, the most urgent first, as people read them. */
export const PRIORITIES: readonly { readonly priority: Priority; readonly label: string }[] = [
  { priority: "urgent", label: "Urgent" },
  { priority: "high", label: "High" },
  { priority: "medium", label: "Medium" },
  { priority: "low", label: "Low" },
  { priority: "none", label: "No priority" },
];

/** Returns a priority as people read it. A later release can have more. */
export function priorityWords(priority: Priority): string {
  return PRIORITIES.find((each) => each.priority === priority)?.label ?? priority;
}
