import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { Link } from "wouter";
import type { ConversationId, Desk, Tag } from "../../protocol.ts";
import { TagName } from "../parts/TagName.tsx";
import { useDecide } from "./deciding.ts";

/** The most tags of a conversation. The server checks it too. */
const MOST_TAGS = 10;

/** The picker of tags. Each choice counts at once. */
export function TagDialog({ id, desk, tags, onClose }: { id: ConversationId; desk: Desk; tags: readonly Tag[] | undefined; onClose: () => void }) {
  const decide = useDecide(id);
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [words, setWords] = useState("");
  useEffect(() => dialog.current?.showModal(), []);
  const found = (tags ?? []).filter(({ name }) => name.toLowerCase().includes(words.trim().toLowerCase()));
  // Tags that were deleted count too, as they do on the server.
  const full = desk.tags.length >= MOST_TAGS;
  const toggle = (tag: Tag) => {
    if (desk.tags.includes(tag.id)) decide({ tag: { remove: [tag.id] } });
    else if (!full) decide({ tag: { add: [tag.id] } });
  };
  const key = (event: KeyboardEvent) => {
    const [first] = found;
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (words.trim() !== "" && first !== undefined) toggle(first);
  };
  return (
    <dialog ref={dialog} className="dialog desk-dialog" aria-labelledby={heading} onClose={onClose}>
      <h2 id={heading}>Tags</h2>
      {tags === undefined ? (
        <p role="status">The tags are not loaded yet.</p>
      ) : tags.length === 0 ? (
        <p>
          The shop has no tags yet. <Link href="/settings/tags">Add some in the settings.</Link>
        </p>
      ) : (
        <>
          <label className="field">
            <span>Search the tags</span>
            <input type="text" value={words} enterKeyHint="done" onChange={(event) => setWords(event.target.value)} onKeyDown={key} />
          </label>
          <ul className="tag-choices" aria-label="Tags">
            {found.map((tag) => {
              const on = desk.tags.includes(tag.id);
              return (
                <li key={tag.id}>
                  <label>
                    <input type="checkbox" checked={on} disabled={full && !on} onChange={() => toggle(tag)} />
                    <TagName tag={tag} />
                  </label>
                </li>
              );
            })}
          </ul>
          <p role="status" className="desk-hint">
            {found.length === 0 ? "No tag has this name." : full ? `A conversation has at most ${MOST_TAGS} tags.` : ""}
          </p>
        </>
      )}
      <div className="dialog-buttons">
        <button type="button" className="button button-primary" onClick={() => dialog.current?.close()}>
          Done
        </button>
      </div>
    </dialog>
  );
}
