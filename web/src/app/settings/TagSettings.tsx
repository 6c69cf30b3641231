import { Pencil, Plus, Trash2 } from "lucide-react";
import type { Tag } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";
import { useTagList } from "../desk/shop.ts";
import { ConfirmDialog } from "../parts/ConfirmDialog.tsx";
import { TagName } from "../parts/TagName.tsx";
import { useEditing } from "./editing.ts";
import { fieldProblem } from "./field-problem.ts";
import { Loading } from "./Loading.tsx";
import { useSaving } from "./saving.ts";
import { TagForm } from "./TagForm.tsx";

/** The shop's tags. */
export function TagSettings({ maySet }: { maySet: boolean }) {
  const client = useClient();
  const query = useTagList();
  const { add, editing, edit, close, removing, remove, keep } = useEditing<Tag>();
  const removal = useSaving("tags", (tag: Tag) => client.api.admin.deleteTag(tag.id), () => undefined);
  if (query.data === undefined) return <Loading query={query} />;
  return (
    <section aria-labelledby="tags-title">
      <div className="settings-head">
        <h2 id="tags-title">Tags</h2>
        {maySet && (
          <button ref={add} type="button" className="button" onClick={() => edit("new")}>
            <Plus size={16} aria-hidden />
            New tag
          </button>
        )}
      </div>
      <p role="alert" className="form-problem">
        {fieldProblem(removal.error)?.text}
      </p>
      {editing === "new" && <TagForm onClose={close} />}
      {query.data.items.length === 0 && <p className="muted">There are no tags yet. Tags sort conversations: for example “Fragile” or “Refund”.</p>}
      <ul className="settings-list">
        {query.data.items.map((tag) =>
          editing === tag.id ? (
            <li key={tag.id}>
              <TagForm tag={tag} onClose={close} />
            </li>
          ) : (
            <li key={tag.id} className="settings-row">
              <TagName tag={tag} />
              {maySet && (
                <span className="settings-actions">
                  <button type="button" className="icon-button" aria-label={`Edit ${tag.name}`} onClick={() => edit(tag.id)}>
                    <Pencil size={16} aria-hidden />
                  </button>
                  <button type="button" className="icon-button" aria-label={`Delete ${tag.name}`} onClick={() => remove(tag)}>
                    <Trash2 size={16} aria-hidden />
                  </button>
                </span>
              )}
            </li>
          ),
        )}
      </ul>
      {removing !== undefined && (
        <ConfirmDialog
          title="Delete the tag?"
          yes="Delete"
          no="Keep it"
          onYes={() => removal.mutate(removing)}
          onClose={keep}
        >
          “<bdi>{removing.name}</bdi>” disappears from all conversations. This cannot be undone.
        </ConfirmDialog>
      )}
    </section>
  );
}
