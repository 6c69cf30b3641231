import { useEffect, useRef } from "react";
import type { SessionEnd } from "../../client/index.ts";
import { useChat } from "../chat-context.ts";

const MESSAGES: Readonly<Record<SessionEnd, string>> = {
  expired: "Your log-in has expired.",
  refused: "The shop no longer accepts your log-in.",
  another_person: "Another person has logged in with this browser.",
};

/** A dialog that is shown when the session has ended and cannot be renewed. */
export function LogInExpired({ onLogIn }: { onLogIn: () => void }) {
  const expired = useChat((state) => state.connection === "expired");
  const reason = useChat((state) => state.sessionEnd);
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
      // Chrome closes a dialog on the second Esc even if the event is cancelled.
      onClose={(event) => event.currentTarget.showModal()}
    >
      <h2 id="expired-title">Please log in again</h2>
      <p>
        {reason === undefined ? "Your log-in has ended." : MESSAGES[reason]}
        {waiting > 0 && " Your messages are kept in this browser and will be sent after you log in again."}
      </p>
      <button type="button" className="button button-primary" onClick={onLogIn}>
        Log in again
      </button>
    </dialog>
  );
}
