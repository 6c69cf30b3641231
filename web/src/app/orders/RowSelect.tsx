import { memo } from "react";
import type { ConversationId } from "../../protocol.ts";

/** The check box of a row. With Shift it selects a range. Tab reaches it only in the mode to select. */
export const RowSelect = memo(function RowSelect({
  id,
  name,
  checked,
  tabbable,
  onToggle,
  onExtend,
}: {
  id: ConversationId;
  name: string;
  checked: boolean;
  tabbable: boolean;
  onToggle: (id: ConversationId) => void;
  onExtend: (id: ConversationId) => void;
}) {
  return (
    <label className="row-select">
      <input
        type="checkbox"
        aria-label={`Select ${name}`}
        checked={checked}
        tabIndex={tabbable ? 0 : -1}
        onChange={({ nativeEvent }) => (nativeEvent instanceof MouseEvent && nativeEvent.shiftKey ? onExtend(id) : onToggle(id))}
      />
    </label>
  );
});
