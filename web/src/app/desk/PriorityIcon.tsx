import { ArrowDown, ChevronsUp, Equal, Flag, TriangleAlert } from "lucide-react";
import type { Priority } from "../../protocol.ts";

const ICONS: Readonly<Record<Priority, typeof Flag>> = {
  urgent: TriangleAlert,
  high: ChevronsUp,
  medium: Equal,
  low: ArrowDown,
  none: Flag,
};

/** The shape of a priority. Its name stands beside it. */
export function PriorityIcon({ priority }: { priority: Priority }) {
  const Icon = ICONS[priority] ?? Flag;
  return <Icon size={16} aria-hidden className="priority-icon" data-priority={priority} />;
}
