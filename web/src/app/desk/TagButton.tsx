import { Plus, Tag as TagIcon } from "lucide-react";
import { Fragment, useRef } from "react";
import type { ConversationId, Desk } from "../../protocol.ts";
import { TagName } from "../parts/TagName.tsx";
import { useTags } from "./shop.ts";
import { TagDialog } from "./TagDialog.tsx";

/** The conversation's tags, as a button that opens the picker. */
export function TagButton({ id, desk, open, onOpen }: { id: ConversationId; desk: Desk; open: boolean; onOpen: (open: boolean) => void }) {
  const trigger = useRef<HTMLButtonElement>(null);
  const tags = useTags();
  const shown = tags.filter((tag) => desk.tags.includes(tag.id));
  const close = () => {
    onOpen(false);
    trigger.current?.focus();
  };
  return (
    <>
      <button ref={trigger} type="button" className="desk-button" aria-haspopup="dialog" aria-expanded={open} onClick={() => onOpen(true)}>
        <TagIcon size={16} aria-hidden />
        <span className={shown.length > 0 ? "visually-hidden" : undefined}>{shown.length > 0 ? "Tags: " : "Tags"}</span>
        {shown.map((tag, index) => (
          <Fragment key={tag.id}>
            {index > 0 && <span className="visually-hidden">, </span>}
            <TagName tag={tag} />
          </Fragment>
        ))}
        <Plus size={14} aria-hidden />
      </button>
      {open && <TagDialog id={id} desk={desk} tags={tags} onClose={close} />}
    </>
  );
}
