import { type ReactNode, useEffect, useId, useRef } from "react";

/**
 * A dialog before an action that cannot be undone. The "no" button has the focus, and Esc presses
 * it.
 */
export function ConfirmDialog({ title, children, yes, no, onYes, onClose }: { title: string; children: ReactNode; yes: string; no: string; onYes: () => void; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" role="alertdialog" aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} onClose={onClose}>
      <h2 id={`${id}-title`}>{title}</h2>
      <p id={`${id}-text`}>{children}</p>
      <div className="dialog-buttons">
        <button type="button" className="button" onClick={() => dialog.current?.close()}>
          {no}
        </button>
        <button
          type="button"
          className="button button-danger"
          onClick={() => {
            onYes();
            dialog.current?.close();
          }}
        >
          {yes}
        </button>
      </div>
    </dialog>
  );
}
