import { Pencil, Trash2 } from "lucide-react";
import type { CannedResponse } from "../../protocol.ts";

/** One canned response. */
export function CannedRow({
  response: { title, shortcut, body, quickReply },
  mayChange,
  onEdit,
  onRemove,
}: {
  response: CannedResponse;
  mayChange: boolean;
  onEdit: () => void;
  onRemove: () => void;
}) {
  return (
    <div className="settings-row">
      <div className="settings-text">
        <p>
          <strong dir="auto">{title}</strong> <code>/{shortcut}</code> {quickReply && <span className="badge">Quick reply</span>}
        </p>
        <p className="muted settings-body" dir="auto">
          {body}
        </p>
      </div>
      {mayChange && (
        <span className="settings-actions">
          <button type="button" className="icon-button" aria-label={`Edit ${title}`} onClick={onEdit}>
            <Pencil size={16} aria-hidden />
          </button>
          <button type="button" className="icon-button" aria-label={`Delete ${title}`} onClick={onRemove}>
            <Trash2 size={16} aria-hidden />
          </button>
        </span>
      )}
    </div>
  );
}
