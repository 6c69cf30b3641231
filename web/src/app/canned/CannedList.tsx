import { useEffect, useRef } from "react";
import type { CannedResponse } from "../../protocol.ts";

/** The id of the list. There is one composer. */
export const LIST_ID = "canned-list";

/** Returns the id of an option. */
export function optionId(id: string): string {
  return `canned-${id}`;
}

/** The list over the composer. The field keeps the focus and says which option is chosen. */
export function CannedList({
  responses,
  chosen,
  onChoose,
}: {
  responses: readonly CannedResponse[];
  chosen: string | undefined;
  onChoose: (response: CannedResponse) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Some browsers return a promise here, so this is a block.
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <div className="canned">
      <p className="visually-hidden" role="status">
        {responses.length === 1 ? "1 canned response" : `${responses.length} canned responses`}
      </p>
      {responses.length === 0 ? (
        <p className="canned-none">There are no canned responses yet. Add some in the settings.</p>
      ) : (
        <div ref={list} id={LIST_ID} role="listbox" aria-label="Canned responses">
          {responses.map((response) => (
            <Option key={response.id} response={response} chosen={optionId(response.id) === chosen} onChoose={onChoose} />
          ))}
        </div>
      )}
    </div>
  );
}

function Option({ response, chosen, onChoose }: { response: CannedResponse; chosen: boolean; onChoose: (response: CannedResponse) => void }) {
  const { id, shortcut, title, body, personal } = response;
  return (
    <button
      type="button"
      id={optionId(id)}
      role="option"
      aria-selected={chosen}
      tabIndex={-1}
      // The field keeps the focus.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onChoose(response)}
    >
      <span className="canned-head">
        <strong dir="auto">{title}</strong>
        <code>/{shortcut}</code>
        {personal && <span className="badge">Yours</span>}
      </span>
      <span className="canned-body" dir="auto">
        {body}
      </span>
    </button>
  );
}
