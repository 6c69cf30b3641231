import { Plus, Tag as TagIcon } from "lucide-react";
import { useRef } from "react";
import type { ConversationId, Desk } from "../../protocol.ts";
import { TagName } from "../parts/TagName.tsx";
import { useTagList } from "./shop.ts";
import { TagDialog } from "./TagDialog.tsx";

/** The conversation's tags, as a button that opens the picker. */
export function TagButton({ id, desk, open, onOpen }: { id: ConversationId; desk: Desk; open: boolean; onOpen: (open: boolean) => void }) {
  const trigger = useRef<HTMLButtonElement>(null);
  const query = useTagList();
  const shown = (query.data?.items ?? []).filter((tag) => desk.tags.includes(tag.id));
  const close = () => {
    onOpen(false);
    trigger.current?.focus();
  };
  return (
    <>
      <button ref={trigger} type="button" className="desk-button" aria-haspopup="dialog" aria-expanded={open} onClick={() => onOpen(true)}>
        <TagIcon size={16} aria-hidden />
        {shown.length === 0 ? "Tags" : <span className="visually-hidden">Tags: {shown.map(({ name }) => name).join(", ")}</span>}
        {shown.length > 0 && (
          <span className="desk-tags" aria-hidden>
            {shown.map((tag) => (
              <TagName key={tag.id} tag={tag} />
            ))}
          </span>
        )}
        <Plus size={14} aria-hidden />
      </button>
      {open && <TagDialog id={id} desk={desk} tags={query.data?.items} onClose={close} />}
    </>
  );
}
