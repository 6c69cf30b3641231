import { useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useEffect, useId, useRef } from "react";
import type { ConversationId } from "../../protocol.ts";
import { KINDS, type Kind, conversations } from "./actions.tsx";
import { BulkForm } from "./BulkForm.tsx";
import { Progress } from "./Progress.tsx";
import { useRun } from "./use-run.ts";

/**
 * Asks what exactly to do in the selected conversations, does it, and shows what became of it. `onClose`
 * gets those in which it was not done, or undefined if nothing was started.
 */
export function BulkDialog({ kind, ids, onClose }: { kind: Kind; ids: readonly ConversationId[]; onClose: (failed: readonly ConversationId[] | undefined) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const queries = useQueryClient();
  const heading = useId();
  // Those that were selected when the dialog opened: rows can leave the list meanwhile.
  const asked = useRef(ids).current;
  const run = useRun();
  const words = KINDS.find((each) => each.kind === kind);
  useEffect(() => dialog.current?.showModal(), []);
  const cancelled = (event: SyntheticEvent) => {
    // A running action has a button that stops it.
    if (run.running) event.preventDefault();
  };
  const closed = () => {
    // A browser may close it without asking, for example after Esc was pressed twice.
    if (run.running) return dialog.current?.showModal();
    if (run.progress === undefined) return onClose(undefined);
    void queries.invalidateQueries({ queryKey: ["views"] });
    onClose(run.progress.failed.map(({ conversationId }) => conversationId));
  };
  const count = conversations(asked.length);
  return (
    <dialog ref={dialog} className="dialog bulk-dialog" aria-labelledby={heading} onCancel={cancelled} onClose={closed}>
      <h2 id={heading}>{words?.title(count)}</h2>
      {run.progress === undefined ? (
        <BulkForm kind={kind} confirm={words?.confirm(count) ?? "Do it"} onSubmit={(action) => run.start(asked, action)} onCancel={() => dialog.current?.close()} />
      ) : (
        <Progress progress={run.progress} onStop={run.stop} onResume={run.resume} onAgain={run.again} onClose={() => dialog.current?.close()} />
      )}
    </dialog>
  );
}
