import { useEffect, useRef } from "react";
import { useChat } from "../chat-context.ts";

/** The log-in has ended and could not be renewed: says so, with the way out. */
export function LogInExpired({ onLogIn }: { onLogIn: () => void }) {
  const expired = useChat((state) => state.connection === "expired");
  const waiting = useChat((state) => state.outbox.length);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (expired) dialog.current?.showModal();
  }, [expired]);
  if (!expired) return null;
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby="expired-title"
      onCancel={(event) => event.preventDefault()}
      // Chrome lets a second Esc close it whatever is said to the first.
      onClose={(event) => event.currentTarget.showModal()}
    >
      <h2 id="expired-title">Your log-in has expired</h2>
      <p>
        Log in again to go on.
        {waiting > 0 && " What you wrote is kept in this browser and goes out once you are back."}
      </p>
      <button type="button" className="button button-primary" onClick={onLogIn}>
        Log in again
      </button>
    </dialog>
  );
}
