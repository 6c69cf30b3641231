import { Plus } from "lucide-react";
import type { CannedResponse } from "../../protocol.ts";
import { useClient } from "../chat-context.ts";
import { useCannedResponses } from "../desk/shop.ts";
import { ConfirmDialog } from "../parts/ConfirmDialog.tsx";
import { CannedForm } from "./CannedForm.tsx";
import { CannedRow } from "./CannedRow.tsx";
import { useEditing } from "./editing.ts";
import { fieldProblem } from "./field-problem.ts";
import { Loading } from "./Loading.tsx";
import { useSaving } from "./saving.ts";

/** The shop's canned responses and one's own. */
export function CannedSettings({ maySet }: { maySet: boolean }) {
  const client = useClient();
  const query = useCannedResponses();
  const { add, editing, edit, close, removing, remove, keep } = useEditing<CannedResponse>();
  const removal = useSaving("canned_responses", (response: CannedResponse) => client.api.admin.deleteCannedResponse(response.id), () => undefined);
  if (query.data === undefined) return <Loading query={query} />;
  const list = (responses: readonly CannedResponse[], mayChange: boolean) => (
    <ul className="settings-list">
      {responses.map((response) => (
        <li key={response.id}>
          {editing === response.id ? (
            <CannedForm response={response} maySet={maySet} onClose={close} />
          ) : (
            <CannedRow response={response} mayChange={mayChange} onEdit={() => edit(response.id)} onRemove={() => remove(response)} />
          )}
        </li>
      ))}
    </ul>
  );
  const shops = query.data.items.filter(({ personal }) => !personal);
  const own = query.data.items.filter(({ personal }) => personal);
  return (
    <section aria-labelledby="canned-title">
      <div className="settings-head">
        <h2 id="canned-title">Canned responses</h2>
        <button ref={add} type="button" className="button" onClick={() => edit("new")}>
          <Plus size={16} aria-hidden />
          New response
        </button>
      </div>
      <p className="muted">Texts that you need often. In a message, type / and the shortcut.</p>
      <p role="alert" className="form-problem">
        {fieldProblem(removal.error)?.text}
      </p>
      {editing === "new" && <CannedForm maySet={maySet} onClose={close} />}
      <h3>The shop's</h3>
      {shops.length === 0 ? <p className="muted">None yet.</p> : list(shops, maySet)}
      <h3>Yours alone</h3>
      {own.length === 0 ? <p className="muted">None yet.</p> : list(own, true)}
      {removing !== undefined && (
        <ConfirmDialog
          title="Delete the canned response?"
          yes="Delete"
          no="Keep it"
          onYes={() => removal.mutate(removing)}
          onClose={keep}
        >
          “<bdi>{removing.title}</bdi>” is deleted{removing.personal ? "" : " for all admins"}. This cannot be undone.
        </ConfirmDialog>
      )}
    </section>
  );
}
