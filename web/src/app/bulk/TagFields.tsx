import { useState } from "react";
import type { TagId } from "../../protocol.ts";
import { useTags } from "../desk/shop.ts";
import { TagName } from "../parts/TagName.tsx";
import type { FieldsProps } from "./BulkForm.tsx";

/** The tags that are added to the conversations or removed from them. */
export function TagFields({ onChange }: FieldsProps) {
  const tags = useTags();
  const [removes, setRemoves] = useState(false);
  const [chosen, setChosen] = useState<readonly TagId[]>([]);
  const changed = (ids: readonly TagId[], remove: boolean) => {
    setChosen(ids);
    setRemoves(remove);
    onChange(ids.length === 0 ? "Choose a tag." : { tag: remove ? { remove: [...ids] } : { add: [...ids] } });
  };
  if (tags.length === 0) return <p>The shop has no tags yet.</p>;
  return (
    <>
      <fieldset className="bulk-radios">
        <legend className="visually-hidden">What to do with the tags</legend>
        {[false, true].map((remove) => (
          <label key={String(remove)}>
            <input type="radio" name="tags" checked={removes === remove} onChange={() => changed(chosen, remove)} />
            {remove ? "Remove" : "Add"}
          </label>
        ))}
      </fieldset>
      <ul className="tag-choices" aria-label="Tags">
        {tags.map((tag) => (
          <li key={tag.id}>
            <label>
              <input
                type="checkbox"
                checked={chosen.includes(tag.id)}
                onChange={() => changed(chosen.includes(tag.id) ? chosen.filter((id) => id !== tag.id) : [...chosen, tag.id], removes)}
              />
              <TagName tag={tag} />
            </label>
          </li>
        ))}
      </ul>
    </>
  );
}
